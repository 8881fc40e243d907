package orchestrator_test

import (
	"slices"
	"sync/atomic"
	"testing"

	"kea-lockstep/internal/world"
	"kea-lockstep/orchestrator/journal"
)

// steps gives the steps that migrations said they were at, in order.
func (p *play) steps() (numbers []int) {
	for e := range p.log.Events() {
		var at journal.Progress
		if e.Type == journal.StepProgress && e.Read(&at) == nil {
			numbers = append(numbers, at.Number)
		}
	}
	return numbers
}

// A migration that is cut off has said which step it was at; once another attempt has arrived, nothing is left to say.
func TestAMigrationThatIsTornHasSaidWhereItWas(t *testing.T) {
	acted(t, three(), func(p *play) {
		p.tear()
		s, err := p.upgrade()
		p.must(journal.Halted, s, err)
		is := s.Bases[0].Migration
		if is == nil || is.String() != "22.2 -> 30.0: step 4 of 8 (25.0 to 26.0)" || is.Ended.IsZero() || is.Since.Before(is.Began) {
			t.Fatalf("it says %+v", is)
		}
		if told := p.steps(); !slices.Equal(told, []int{1, 2, 3, 4}) {
			t.Errorf("it told %v", told)
		}
		p.on = nil
		s, err = p.resume()
		p.must(journal.Done, s, err)
		if is := s.Bases[0].Migration; is != nil {
			t.Errorf("at the end it says %+v", is)
		}
	})
}

// Whoever finds a migration under way hears where it is, and tells nothing that was told before.
func TestAMigrationThatIsFoundTellsOnlyWhatIsNew(t *testing.T) {
	acted(t, three(), func(p *play) {
		var second atomic.Bool
		ended := p.cutOff(func(at world.Point) world.Fault {
			if at.Kind == "append" && at.What == "step-progress migratemigrate-k1-db1" && second.Swap(true) {
				return world.KillAfter
			}
			return world.NoFault
		})
		s, err := p.resume()
		p.must(journal.Done, s, err)
		if err := <-ended; err == nil {
			t.Error("nothing killed the first driver")
		}
		numbers := p.steps()
		if len(numbers) < 3 || !slices.IsSorted(numbers) || len(slices.Compact(slices.Clone(numbers))) != len(numbers) || numbers[len(numbers)-1] != 8 {
			t.Errorf("it told %v", numbers)
		}
		p.serves(true)
	})
}
