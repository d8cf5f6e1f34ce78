// Package transactions drives sagas, TCC, messages and XA with the published client library, against
// the server that the environment names. One test for each item of the protocol's checklist
// (protocol 10.1 to 10.6), with the item's name.
package transactions

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/dtm-labs/client/dtmcli"

	"sagad/tests/conformance/go/stage"
)

func TestMain(m *testing.M) { os.Exit(stage.Run(m, nil)) }

// What branches answer. errOther is neither failure nor ongoing: the call is made again.
var errOther = errors.New("out of order")

const failureText = "the stock is empty"

func failure() error { return fmt.Errorf("%s %w", failureText, dtmcli.ErrFailure) }

func mustSucceed(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func mustFail(t *testing.T, err error, part string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	if !strings.Contains(err.Error(), part) {
		t.Fatalf("error %q has no %q", err, part)
	}
}

func expectReason(t *testing.T, state stage.State, part string) {
	t.Helper()
	if !strings.Contains(state.Transaction.RollbackReason, part) {
		t.Errorf("rollback_reason %q has no %q", state.Transaction.RollbackReason, part)
	}
}
