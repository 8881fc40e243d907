//go:build lab

package lab

import (
	"fmt"
	"os"
	"path/filepath"
)

// Engine is what a fleet's database runs on.
type Engine string

// The engines that a database host can have.
const (
	MySQL       Engine = "mysql"        // Debian's MariaDB
	PostgreSQL  Engine = "postgresql"   // Debian's PostgreSQL 17
	OracleMySQL Engine = "oracle-mysql" // MySQL itself, 9.7 of Debian's sid, on a host of its own
)

// Kind is the engine in the word of Kea's configuration, which has one for MySQL and MariaDB.
func (e Engine) Kind() Engine {
	if e == OracleMySQL {
		return MySQL
	}
	return e
}

// KeaAdmin is kea-admin's word for the engine. The hook library of Kea 3.0 has it in its name, too.
func (e Engine) KeaAdmin() string {
	if e == PostgreSQL {
		return "pgsql"
	}
	return "mysql"
}

// dialect is what the lab has to know of an engine.
type dialect struct {
	service   string // what the database host starts at its boot
	unit      string // what the engine itself runs in
	port      uint16
	client    string // a command of the host: the superuser's client, which reads statements and prints rows; the database is %s
	dumper    string // MySQL's kind: the dumping program
	settings  string // MySQL's kind: where the engine reads its settings
	structure string // a command of the host: prints how every object of the database %s is made, and nothing that changes by itself
	follower  string // the superuser's client of the replica
	access    connect

	sessions  string // asks for each client's session but its own: id, user, address, database, what it does
	end       string // ends the session with a given id
	readOnly  string // from now on nobody but a superuser may write
	readWrite string // everybody may again
	own       string // asks for the asking session's id
}

func (e Engine) dialect() dialect {
	switch e {
	case PostgreSQL:
		return postgresql
	case OracleMySQL:
		return oracle
	}
	return mariadb
}

// Engines are those of the fleet's databases: the leases', and that of the reservations where it is another.
func (f *Fleet) Engines() []Engine {
	if f.Second == "" {
		return []Engine{f.Engine}
	}
	return []Engine{f.Engine, f.Second}
}

// On is the fleet for whoever asks or disturbs its database on one of the engines, of two.
func (f *Fleet) On(engine Engine) *Fleet {
	on := *f
	on.Engine, on.Second = engine, ""
	return &on
}

// enableDatabase lets the database host start the fleet's engines, and no other, at each boot.
func (f *Fleet) enableDatabase() error {
	wants := filepath.Join(f.Root(DatabaseHost), "etc/systemd/system/multi-user.target.wants")
	for _, engine := range f.Engines() {
		service := engine.dialect().service
		if err := os.Symlink(filepath.Join("/usr/lib/systemd/system", service), filepath.Join(wants, service)); err != nil {
			return fmt.Errorf("enabling the database: %w", err)
		}
	}
	return nil
}
