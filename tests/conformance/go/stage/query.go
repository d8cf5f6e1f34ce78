package stage

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// patience is how long a test waits for what must happen; the peer's scheduler is slow, and the
// machine may be busy.
const patience = 120 * time.Second

const pollInterval = 30 * time.Millisecond

// Transaction is what the server under test shows of a global transaction.
type Transaction struct {
	GID            string `json:"gid"`
	TransType      string `json:"trans_type"`
	Status         string `json:"status"`
	RollbackReason string `json:"rollback_reason"`
	Result         string `json:"result"`
	NextCronTime   string `json:"next_cron_time"`
}

// Row is what it shows of one op of a branch.
type Row struct {
	BranchID string `json:"branch_id"`
	Op       string `json:"op"`
	Status   string `json:"status"`
	URL      string `json:"url"`
	BinData  []byte `json:"bin_data"`
}

// State is a transaction with its rows.
type State struct {
	Transaction *Transaction
	Branches    []Row
}

func (s State) String() string {
	text, _ := json.Marshal(s)
	return string(text)
}

// Query asks for the state of a transaction; Transaction is nil when there is none.
func Query(t *testing.T, gid string) State {
	t.Helper()
	response, err := http.Get(HTTPServer() + "/query?gid=" + url.QueryEscape(gid))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var state State
	if response.StatusCode != http.StatusOK || json.Unmarshal(body, &state) != nil {
		t.Fatalf("query of %s: %s %s", gid, response.Status, body)
	}
	return state
}

// ExpectStatus checks the status at this moment.
func ExpectStatus(t *testing.T, gid, want string) {
	t.Helper()
	if state := Query(t, gid); state.Transaction == nil || state.Transaction.Status != want {
		t.Fatalf("status of %s is not %s: %s", gid, want, state)
	}
}

// AwaitStatus waits for a status and returns the state with it.
func AwaitStatus(t *testing.T, gid, want string) State {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		state := Query(t, gid)
		status := ""
		if state.Transaction != nil {
			status = state.Transaction.Status
		}
		if status == want {
			return state
		}
		final := status == "succeed" || status == "failed"
		if final || time.Now().After(deadline) {
			t.Fatalf("%s does not come to %s: %s", gid, want, state)
		}
		time.Sleep(pollInterval)
	}
}

// The ops of a branch in the order of their rows.
var (
	SagaOps    = []string{"compensate", "action"}
	TccOps     = []string{"cancel", "confirm"}
	XaOps      = []string{"rollback", "commit"}
	MessageOps = []string{"action"}
)

// letters spells the rows' statuses P, S and F for prepared, succeed and failed, after a check that
// the rows are branches 01, 02... with these ops.
func letters(t *testing.T, state State, ops []string) string {
	t.Helper()
	spelled := ""
	for i, row := range state.Branches {
		branchID, op := fmt.Sprintf("%02d", i/len(ops)+1), ops[i%len(ops)]
		if row.BranchID != branchID || row.Op != op {
			t.Fatalf("row %d is not %s %s: %s", i, branchID, op, state)
		}
		spelled += strings.ToUpper(row.Status[:1])
	}
	return spelled
}

// ExpectRows checks the rows of a state.
func ExpectRows(t *testing.T, state State, ops []string, want string) {
	t.Helper()
	if got := letters(t, state, ops); got != want {
		t.Errorf("rows are %s, want %s: %s", got, want, state)
	}
}

// ExpectEnd waits for the end of a transaction and checks its rows.
func ExpectEnd(t *testing.T, gid, status string, ops []string, rows string) State {
	t.Helper()
	state := AwaitStatus(t, gid, status)
	ExpectRows(t, state, ops, rows)
	return state
}

// Post sends a JSON text to a path of the HTTP door and returns status and body.
func Post(t *testing.T, path, body string) (int, string) {
	t.Helper()
	response, err := http.Post("http://"+theServer.http+path, "application/json", bytes.NewReader([]byte(body)))
	return answerOf(t, response, err)
}

// Get asks for a path of the HTTP door.
func Get(t *testing.T, path string) (int, string) {
	t.Helper()
	response, err := http.Get("http://" + theServer.http + path)
	return answerOf(t, response, err)
}

// Delete sends a DELETE to a path of the HTTP door.
func Delete(t *testing.T, path string) (int, string) {
	t.Helper()
	request, err := http.NewRequest(http.MethodDelete, "http://"+theServer.http+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	return answerOf(t, response, err)
}

func answerOf(t *testing.T, response *http.Response, err error) (int, string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// ForceStop ends a transaction that is left open on purpose.
func ForceStop(t *testing.T, gid string) (int, string) {
	t.Helper()
	body, _ := json.Marshal(map[string]string{"gid": gid})
	return Post(t, "/api/dtmsvr/forceStop", string(body))
}
