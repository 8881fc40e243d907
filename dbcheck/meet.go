package dbcheck

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// Met is whether two ways lead to one database.
type Met int

const (
	// MetUnknown: it cannot be told, and Meeting.Saw names why.
	MetUnknown Met = iota
	// MetSame: both lead to one database.
	MetSame
	// MetApart: they lead to two, whatever these say of themselves.
	MetApart
)

// String names the answer.
func (m Met) String() string { return [...]string{"cannot tell", "the same", "apart"}[m] }

// askedAtOnce is how many ways are looked through at once: a server lets only so many in.
const askedAtOnce = 8

// Meeting is the answer for one way, with its evidence.
type Meeting struct {
	Met Met
	Saw string
}

// Meet tells which of the others lead to the database that d leads to, by a means
// that writes nothing: a lock of a random name is taken through d, looked for
// through each of the others, and given back. A name that nobody else can have is
// held by d's own connection in one database server only; in PostgreSQL, in one
// database. That tells copies of a machine apart, which say the same of
// themselves, and makes one of two accounts that are told different things.
//
// The nodes of a Galera cluster or a group keep locks to themselves: of two nodes it is
// asked whether they see the same members. What Meet cannot tell: whether a proxy
// that spreads its connections will send the next one elsewhere.
//
// The name is at most 64 characters. It is one question for each of the others,
// two more through d, and one look at d's identity; the others' connections are let go
// afterwards.
func (d *DB) Meet(ctx context.Context, name string, others []*DB) ([]Meeting, error) {
	own, err := d.Identity(ctx)
	if err != nil {
		return nil, err
	}
	met := make([]Meeting, len(others))
	long, cancel := context.WithTimeout(ctx, d.target.queryTimeout()*time.Duration(len(others)+1)) // each has its own time
	defer cancel()
	err = d.hold(long, name, func(holder uint64) {
		var asked errgroup.Group
		asked.SetLimit(askedAtOnce)
		for i, other := range others {
			asked.Go(func() error {
				met[i] = other.sees(ctx, name, holder)
				other.Rest()
				return nil
			})
		}
		_ = asked.Wait() // what went wrong is in what was met
	})
	for i, other := range others { // MySQL knows a lock in the whole server
		if own.Engine == MySQL && met[i].Met == MetSame && !strings.EqualFold(d.target.Name, other.target.Name) {
			met[i] = Meeting{MetApart, fmt.Sprintf("%q and %q are two databases of one server", d.target.Name, other.target.Name)}
		}
	}
	if err != nil && !errors.Is(err, ErrLockUnsupported) {
		return nil, err
	}
	for i, other := range others {
		switch {
		case met[i].Met == MetSame:
		case own.Galera || own.Group:
			met[i] = own.meets(other.Identity(ctx))
		case err != nil:
			met[i] = Meeting{Saw: err.Error()}
		}
	}
	return met, nil
}

// hold keeps a lock while something is done; questions of others to d wait.
func (d *DB) hold(ctx context.Context, name string, while func(holder uint64)) error {
	doing := d.on(fmt.Sprintf("holding lock %q", name))
	ctx, cancel := d.limit(ctx)
	defer cancel()
	conn, err := d.sql.Conn(ctx)
	if err != nil {
		return fail(doing, err)
	}
	defer conn.Close()
	holder, release, err := d.dialect.hold(ctx, conn, name)
	if notSupported(err) {
		return &Error{Doing: doing, Kind: ErrLockUnsupported, Err: err}
	}
	if err != nil {
		return fail(doing, err)
	}
	while(holder)
	return fail(doing, release()) // one that was not held to the end proves nothing
}

var errNotHeld = errors.New("the lock was not held")

// sees looks for a lock that a connection of that number holds.
func (d *DB) sees(ctx context.Context, name string, holder uint64) Meeting {
	ctx, cancel := d.limit(ctx)
	defer cancel()
	var id sql.NullInt64
	words := d.dialect.lock(name)
	err := d.sql.QueryRowContext(ctx, words.holder, words.args...).Scan(&id)
	switch {
	case err != nil:
		return Meeting{Saw: d.fail("looking for a lock", err).Error()}
	case id.Valid && uint64(id.Int64) == holder:
		return Meeting{MetSame, "a lock taken through one way is held through the other"}
	}
	return Meeting{MetApart, "a lock taken through one way is not held through the other"}
}

// meets holds a cluster's node against what another server says of itself.
func (i Identity) meets(other Identity, err error) Meeting {
	switch {
	case err != nil:
		return Meeting{Saw: err.Error()}
	case i.Server != other.Server:
		return Meeting{MetApart, fmt.Sprintf("one is a node of %s, the other says it is %s", i.Server, other.Server)}
	case i.Members == "" || other.Members == "":
		return Meeting{Saw: "both are nodes of " + i.Server + ", and which members they see is not told: GRANT SELECT ON performance_schema.replication_group_members TO the account"}
	case i.Members != other.Members:
		return Meeting{Saw: fmt.Sprintf("both are nodes of %s, and one sees the members %q, the other %q", i.Server, i.Members, other.Members)}
	}
	return Meeting{MetSame, "both are nodes of " + i.Server + " and see the same members: " + i.Members}
}
