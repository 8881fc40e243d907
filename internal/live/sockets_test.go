package live

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
)

// TestQuestionsOfOneServerArePutTogether: what is asked while a script runs is asked by the next one, never answered by the one
// that began before.
func TestQuestionsOfOneServerArePutTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s sockets
		var scripts [][]int
		answer := make(chan struct{})
		put := func(q *socketsQuestion) (map[end][]holder, error) {
			var ports []int
			for e := range q.ends {
				ports = append(ports, e.port)
			}
			slices.Sort(ports)
			scripts = append(scripts, ports)
			select {
			case <-answer:
				return map[end][]holder{{port: ports[0]}: {{pid: "1"}}}, nil
			case <-q.ctx.Done():
				return nil, q.ctx.Err()
			}
		}
		ask := func(port int) *socketsQuestion { return s.ask(t.Context(), []end{{port: port}}, put) }
		first := ask(1)
		synctest.Wait()
		later := []*socketsQuestion{ask(2), ask(1), ask(3)}
		answer <- struct{}{}
		<-first.done
		answer <- struct{}{}
		for _, q := range later {
			if <-q.done; q == first || q != later[0] || q.holders == nil {
				t.Errorf("%+v", q)
			}
		}
		if len(scripts) != 2 || !slices.Equal(scripts[1], []int{1, 2, 3}) {
			t.Errorf("scripts asked for %v", scripts)
		}

		// Whoever leaves takes nobody's answer away; the last one ends the script.
		running := ask(4)
		synctest.Wait()
		joined, alone := ask(5), ask(6)
		s.leave(alone)
		s.leave(running)
		if <-running.done; !errors.Is(running.err, context.Canceled) {
			t.Errorf("nobody waits, and it ends with %v", running.err)
		}
		answer <- struct{}{}
		if <-joined.done; joined.err != nil {
			t.Errorf("one of two left: %v", joined.err)
		}
		gone := ask(7)
		synctest.Wait()
		left := ask(8)
		s.leave(left)
		next := ask(9)
		if next == left {
			t.Error("a question that nobody waits for any more is joined")
		}
		answer <- struct{}{}
		answer <- struct{}{}
		<-gone.done
		<-next.done
	})
}
