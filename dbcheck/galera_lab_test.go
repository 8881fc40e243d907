//go:build lab

package dbcheck

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// node starts one node of a Galera cluster over the data below a directory: the first one where it is given no other.
func node(t *testing.T, dir string, port int, other string) *server {
	t.Helper()
	return serveMariaDB(t, dir, freePort(t), nil, "--wsrep-on=ON", "--wsrep-provider=/usr/lib/galera/libgalera_smm.so", "--binlog-format=ROW",
		"--innodb-autoinc-lock-mode=2", "--wsrep-cluster-address=gcomm://"+other, "--wsrep-node-address=127.0.0.1", "--wsrep-sst-method=skip",
		fmt.Sprintf("--wsrep-provider-options=gmcast.listen_addr=tcp://127.0.0.1:%d;ist.recv_addr=127.0.0.1:%d;gcache.size=16M", port, freePort(t)))
}

// cluster makes a cluster of one that has a Kea database, and gives where its data are once it is gone.
func cluster(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	run(t, "mariadb-install-db", "--no-defaults", "--user=root", "--datadir="+filepath.Join(dir, "data"), "--skip-test-db",
		"--auth-root-authentication-method=normal")
	s := node(t, dir, freePort(t), "")
	s.exec(t, "CREATE DATABASE kea")
	_ = s.admin.Close()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_ = s.cmd.Wait()
	return dir
}

// The nodes of a cluster are one database, and each keeps locks to itself: that they see the same members shows it. A node that
// has not joined yet answers, and is nobody yet.
func TestGaleraNodesAreOneDatabase(t *testing.T) {
	dir, joins, copied := cluster(t), t.TempDir(), t.TempDir()
	for _, to := range []string{joins, copied} {
		run(t, "cp", "-a", filepath.Join(dir, "data"), to)
	}
	port := freePort(t)
	s := node(t, dir, port, "")
	first, second := ready(t, s), ready(t, s)
	id, err := first.Identity(t.Context())
	if err != nil || !id.Galera || !strings.HasPrefix(id.Server, "cluster:") || id.Members == "" || id.Role != RolePrimary {
		t.Errorf("%+v, %v", id, err)
	}
	if met, err := first.Meet(t.Context(), meetName, []*DB{second}); err != nil || met[0].Met != MetSame {
		t.Errorf("%+v, %v", met, err)
	}
	if _, err := AcquireLock(t.Context(), dialHere, s.target("kea", "root", ""), meetName); !errors.Is(err, ErrLockUnsupported) {
		t.Errorf("a lock: %v", err)
	}
	// It needs a transfer, of a kind that never comes.
	joining := ready(t, node(t, joins, freePort(t), fmt.Sprintf("127.0.0.1:%d", port)))
	if is, err := joining.Identity(t.Context()); !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), "has not joined") {
		t.Errorf("a node that joins: %+v, %v", is, err)
	}
	if met, err := first.Meet(t.Context(), meetName, []*DB{joining}); err != nil || met[0].Met != MetUnknown {
		t.Errorf("a node that joins: %+v, %v", met, err)
	}
	apart := ready(t, node(t, copied, freePort(t), ""))
	if met, err := first.Meet(t.Context(), meetName, []*DB{apart}); err != nil || met[0].Met != MetUnknown {
		t.Errorf("a copy of a node that went its own way: %+v, %v", met, err)
	}
}

// ready opens the database as soon as the node may be asked.
func ready(t *testing.T, s *server) *DB {
	t.Helper()
	for deadline := time.Now().Add(60 * time.Second); ; {
		d, err := Open(t.Context(), dialHere, s.target("kea", "root", ""))
		if err == nil {
			t.Cleanup(func() { _ = d.Close() })
			return d
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
		<-time.After(100 * time.Millisecond)
	}
}
