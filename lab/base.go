//go:build lab

package lab

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/template"
)

// What the hosts run: Debian's release, whose Kea is 2.6.3, and its backports with 3.0.3.
const (
	suite       = "trixie"
	keaPackages = "kea-dhcp4-server kea-admin kea-common"
	keaAll      = keaPackages + " kea-dhcp6-server kea-dhcp-ddns-server kea-ctrl-agent python3-kea-connector"
)

//go:embed recipe files
var recipe embed.FS

// Base is what fleets are laid over. It is never written to after it was built.
type Base struct {
	Dir string // with kea/, db/ (root file systems), apt/ (the packages within the hosts' reach) and programs
}

// Program is a Kea program as some package has it.
type Program struct{ Name, Version string }

// ErrMissingTools says what this machine lacks to run the lab.
var ErrMissingTools = errors.New("missing programs")

// tools maps the programs that the lab runs to the Debian packages that bring them.
var tools = [][2]string{
	{"debootstrap", "debootstrap"}, {"systemd-nspawn", "systemd-container"}, {"dpkg-scanpackages", "dpkg-dev"},
	{"ip", "iproute2"}, {"nsenter", "util-linux"}, {"unshare", "util-linux"}, {"ssh", "openssh-client"},
}

func checkTools() error {
	var missing []string
	for _, tool := range tools {
		if _, err := exec.LookPath(tool[0]); err != nil {
			missing = append(missing, tool[1])
		}
	}
	if os.Geteuid() != 0 {
		return fmt.Errorf("the lab needs root")
	}
	if missing != nil {
		return fmt.Errorf("%w: apt-get install -y %s", ErrMissingTools, strings.Join(missing, " "))
	}
	return nil
}

// EnsureBase returns the base for the present recipe, and builds it where this machine does not have it yet: about three
// minutes the first time, with the archive's packages, less when they are cached. What is built says so on log.
func EnsureBase(ctx context.Context, log io.Writer) (Base, error) {
	if err := checkTools(); err != nil {
		return Base{}, err
	}
	from, err := findMirrors("/etc/apt")
	if err != nil {
		return Base{}, err
	}
	key, err := recipeHash()
	if err != nil {
		return Base{}, err
	}
	base := Base{Dir: filepath.Join(CacheDir(), "base-"+key)}
	if _, err := os.Stat(base.Dir); err == nil {
		return base, nil
	}
	return base, withLock(filepath.Join(CacheDir(), "lock"), func() error {
		if _, err := os.Stat(base.Dir); err == nil {
			return nil
		}
		return build(ctx, base.Dir, seed(), steps(), from, log)
	})
}

// steps are the recipe's scripts, in their order.
func steps() []string {
	return []string{"common", "kea", "database", "mysql", "postgresql", "repository"}
}

// seed names the embedded files that the steps use.
func seed() []string {
	return []string{
		"files/mysql/accounts.sql.tmpl", "files/mysql/seed.sql", "files/mysql/mariadb.cnf",
		"files/postgresql/accounts.sql.tmpl", "files/postgresql/seed.sql", "files/postgresql/grants.sql",
		"files/postgresql/pg_hba.conf", "files/postgresql/postgresql.conf",
	}
}

// build makes what the steps make. Steps are told more by env.
func build(ctx context.Context, dir string, seed, steps []string, from mirrors, log io.Writer, env ...string) error {
	return assemble(dir, seed, func(out, files string) error {
		for _, step := range steps {
			fmt.Fprintf(log, "lab: building %s\n", step)
			if err := runStep(ctx, step, out, files, from, env); err != nil {
				return err
			}
		}
		return nil
	})
}

// assemble lets a base be made in out, beside its place, from files, and moves it there whole: a base that is there is complete.
func assemble(dir string, seed []string, fill func(out, files string) error) error {
	leftovers, _ := filepath.Glob(filepath.Join(CacheDir(), "building-*"))
	for _, old := range leftovers {
		_ = os.RemoveAll(old)
	}
	out, err := os.MkdirTemp(CacheDir(), "building-")
	if err != nil {
		return fmt.Errorf("making a place to build in: %w", err)
	}
	defer os.RemoveAll(out)
	if err := os.Chmod(out, 0o755); err != nil {
		return err
	}
	files := filepath.Join(out, "files")
	if err := writeSeed(files, seed); err != nil {
		return err
	}
	if err := fill(out, files); err != nil {
		return err
	}
	return os.Rename(out, dir)
}

// runStep runs one script of the recipe.
func runStep(ctx context.Context, step, out, files string, from mirrors, env []string) error {
	script, err := recipe.ReadFile("recipe/" + step + ".sh")
	if err != nil {
		return err
	}
	return runScript(ctx, step, script, append(env, "OUT="+out, "FILES="+files, "DEBS="+filepath.Join(CacheDir(), "debs"),
		"MIRROR="+from.main, "SECURITY="+from.security, "SUITE="+suite,
		"KEA_PACKAGES="+keaPackages, "KEA_ALL="+keaAll, "KEA_PASSWORD="+KeaPassword)...)
}

// runScript builds by a script in namespaces of its own: whatever it mounted or started is gone when it ends, and what packages stop as
// they are removed is no other fleet's Kea.
func runScript(ctx context.Context, what string, script []byte, env ...string) error {
	record, err := os.Create(filepath.Join(CacheDir(), "build-"+what+".log"))
	if err != nil {
		return err
	}
	defer record.Close()
	cmd := exec.CommandContext(ctx, "unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "sh", "-s")
	cmd.Stdin = bytes.NewReader(script)
	cmd.Stdout, cmd.Stderr = record, record
	cmd.Env = append(os.Environ(), env...)
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("building %s (its output is in %s): %w", what, record.Name(), err)
	}
	return nil
}

// writeSeed fills what the steps put into the databases into a directory.
func writeSeed(dir string, seed []string) error {
	passwords := map[string]string{"Kea": KeaPassword, "Admin": AdminPassword, "Witness": WitnessPassword}
	for _, name := range seed {
		name = strings.TrimPrefix(name, "files/")
		path := filepath.Join(dir, strings.TrimSuffix(name, ".tmpl"))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := render(name, path, 0o600, passwords); err != nil {
			return err
		}
	}
	return nil
}

// render fills one of the embedded templates into a file.
func render(name, path string, mode fs.FileMode, data any) error {
	tmpl, err := template.ParseFS(recipe, "files/"+name)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	if err := tmpl.Execute(&text, data); err != nil {
		return fmt.Errorf("filling %s: %w", name, err)
	}
	return os.WriteFile(path, text.Bytes(), mode)
}

// recipeHash is the name of what the recipe makes: another recipe, another base.
func recipeHash() (string, error) {
	sum := sha256.New()
	fmt.Fprintln(sum, suite, keaPackages, keaAll, KeaPassword, AdminPassword, WitnessPassword)
	names := seed()
	for _, step := range steps() {
		names = append(names, "recipe/"+step+".sh")
	}
	if err := hashFiles(sum, names); err != nil {
		return "", err
	}
	return fmt.Sprintf("%x", sum.Sum(nil)[:6]), nil
}

// hashFiles adds embedded files to a sum.
func hashFiles(sum io.Writer, names []string) error {
	for _, name := range names {
		data, err := recipe.ReadFile(name)
		if err != nil {
			return err
		}
		fmt.Fprintf(sum, "%s %d\n%s", name, len(data), data)
	}
	return nil
}

// Programs maps the SHA-256 of each Kea program that the hosts can have to what it is.
func (b Base) Programs() (map[string]Program, error) {
	data, err := os.ReadFile(filepath.Join(b.Dir, "programs"))
	if err != nil {
		return nil, err
	}
	programs := map[string]Program{}
	lines := bufio.NewScanner(bytes.NewReader(data))
	for lines.Scan() {
		if f := strings.Fields(lines.Text()); len(f) == 3 {
			programs[f[0]] = Program{Name: f[1], Version: f[2]}
		}
	}
	return programs, lines.Err()
}
