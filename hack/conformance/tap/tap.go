// Package tap prints the Test Anything Protocol: as much of github.com/mndrix/tap-go, which Debian does not have, as the
// programs of runtime-tools ask for.
package tap

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
)

// T counts the tests of one program. Hooks of the programs may report from several goroutines.
type T struct {
	*counter
	todo bool
}

type counter struct {
	lock  sync.Mutex
	count int
}

// New makes a T that has counted nothing.
func New() *T { return &T{counter: &counter{}} }

// Todo gives a T with the same count, the failures of which are expected.
func (t *T) Todo() *T { return &T{counter: t.counter, todo: true} }

// Header prints the version and, if it is known (not 0), the plan.
func (t *T) Header(planned int) {
	fmt.Println("TAP version 13")
	if planned > 0 {
		fmt.Printf("1..%d\n", planned)
	}
}

// AutoPlan prints the plan that the tests so far make.
func (t *T) AutoPlan() {
	t.lock.Lock()
	defer t.lock.Unlock()
	fmt.Printf("1..%d\n", t.count)
}

// Ok prints the result of one test.
func (t *T) Ok(passed bool, description string) {
	word := "ok"
	if !passed {
		word = "not ok"
	}
	if t.todo {
		description = "# TODO " + description
	} else {
		description = "- " + description
	}
	t.result(word, description)
}

// Pass prints that a test passed.
func (t *T) Pass(description string) { t.Ok(true, description) }

// Fail prints that a test failed.
func (t *T) Fail(description string) { t.Ok(false, description) }

// Skip prints that count tests were left out.
func (t *T) Skip(count int, reason string) {
	for i := 0; i < count; i++ {
		t.result("ok", "# SKIP "+reason)
	}
}

// YAML attaches data to the test before. JSON is YAML.
func (t *T) YAML(data interface{}) error {
	text, err := json.MarshalIndent(data, "  ", "  ")
	if err == nil {
		fmt.Printf("  ---\n  %s\n  ...\n", text)
	}
	return err
}

// Diagnostic prints a comment, each of its lines as one.
func (t *T) Diagnostic(text string) {
	for _, line := range strings.Split(text, "\n") {
		fmt.Println("# " + line)
	}
}

// Diagnosticf is Diagnostic with a format.
func (t *T) Diagnosticf(format string, values ...interface{}) { t.Diagnostic(fmt.Sprintf(format, values...)) }

func (t *T) result(word, text string) {
	t.lock.Lock()
	defer t.lock.Unlock()
	t.count++
	fmt.Printf("%s %d %s\n", word, t.count, text)
}
