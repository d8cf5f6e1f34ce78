package stage

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/dtm-labs/client/workflow"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// The client library knows workflows by names that are registered before they run; the functions of
// all tests hide behind a few names and are found by their gid.
const (
	nameDefault      = "default"
	nameResuming     = "resuming"     // called back after two seconds, not ten
	nameCompensating = "compensating" // the same, and undoes the branch that failed too
)

var workflows sync.Map // gid -> workflow.WfFunc2

func runByGID(wf *workflow.Workflow, data []byte) ([]byte, error) {
	function, found := workflows.Load(wf.Gid)
	if !found {
		return nil, fmt.Errorf("no workflow has gid %s", wf.Gid)
	}
	return function.(workflow.WfFunc2)(wf, data)
}

func registerWorkflows() error {
	resuming := func(wf *workflow.Workflow) { wf.RetryInterval = 2 }
	compensating := func(wf *workflow.Workflow) { wf.Options.CompensateErrorBranch = true }
	if err := workflow.Register2(nameDefault, runByGID); err != nil {
		return err
	}
	if err := workflow.Register2(nameResuming, runByGID, resuming); err != nil {
		return err
	}
	return workflow.Register2(nameCompensating, runByGID, resuming, compensating)
}

// InitHTTPWorkflows makes the client library run workflows over HTTP; an argument of Run.
func InitHTTPWorkflows(*grpc.Server) error {
	workflow.InitHTTP(HTTPServer(), theParticipant.httpURL(workflowPath))
	theParticipant.workflow = workflow.ExecuteByQS
	return registerWorkflows()
}

var workflowConnection *grpc.ClientConn

// InitGRPCWorkflows makes the client library run workflows over gRPC; an argument of Run.
func InitGRPCWorkflows(server *grpc.Server) error {
	address := theParticipant.grpcListener.Addr().String()
	workflow.InitGrpc(GRPCServer(), address, server)
	var err error
	workflowConnection, err = grpc.Dial(address, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithUnaryInterceptor(workflow.Interceptor))
	if err != nil {
		return err
	}
	return registerWorkflows()
}

// Workflow is one run of a workflow, begun by a test and perhaps ended by a call of the server.
type Workflow struct {
	GID  string
	name string
	mu   sync.Mutex
	runs int
}

func newWorkflow(t *testing.T, name string, function workflow.WfFunc2) *Workflow {
	w := &Workflow{GID: NewGID(t), name: name}
	var counted workflow.WfFunc2 = func(wf *workflow.Workflow, data []byte) ([]byte, error) {
		w.mu.Lock()
		w.runs++
		w.mu.Unlock()
		return function(wf, data)
	}
	workflows.Store(w.GID, counted)
	return w
}

// NewWorkflow is a workflow that the server calls back after its default interval.
func NewWorkflow(t *testing.T, function workflow.WfFunc2) *Workflow {
	return newWorkflow(t, nameDefault, function)
}

// NewResumingWorkflow is one that the server calls back soon.
func NewResumingWorkflow(t *testing.T, function workflow.WfFunc2) *Workflow {
	return newWorkflow(t, nameResuming, function)
}

// NewCompensatingWorkflow is called back soon, and undoes the branch that failed, too.
func NewCompensatingWorkflow(t *testing.T, function workflow.WfFunc2) *Workflow {
	return newWorkflow(t, nameCompensating, function)
}

// Execute runs it, or goes on with it.
func (w *Workflow) Execute() ([]byte, error) {
	return workflow.ExecuteCtx(context.Background(), w.name, w.GID, []byte("input"))
}

// Runs is how often its function was run.
func (w *Workflow) Runs() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.runs
}

// Request calls a branch over HTTP, as a step of the workflow.
func Request(wf *workflow.Workflow, b *Branch) (string, error) {
	response, err := wf.NewRequest().SetBody("payload").Post(b.URL())
	if err != nil {
		return "", err
	}
	return response.String(), nil
}

// Invoke calls a branch over gRPC, as a step of the workflow.
func Invoke(wf *workflow.Workflow, b *Branch) (string, error) {
	var reply wrapperspb.StringValue
	err := workflowConnection.Invoke(wf.Context, b.MethodName(), wrapperspb.String("payload"), &reply)
	return reply.Value, err
}

// DoXA changes an account in an XA transaction of the database, as a step of the workflow.
func DoXA(t *testing.T, wf *workflow.Workflow, account Account, change int) error {
	conf, db := DBConf(t), DB(t)
	var connection int64
	_, err := wf.NewBranch().DoXa(conf, func(xa *sql.DB) ([]byte, error) {
		if err := xa.QueryRow("select connection_id()").Scan(&connection); err != nil {
			return nil, err
		}
		return nil, account.Adjust(xa, change)
	})
	if err == nil && connection != 0 {
		err = AwaitDisconnect(db, connection)
	}
	return err
}

// ExpectSteps waits for the end of a workflow and checks its rows, each as "branch op status".
func ExpectSteps(t *testing.T, gid, status string, want ...string) State {
	t.Helper()
	state := AwaitStatus(t, gid, status)
	var got []string
	for _, row := range state.Branches {
		got = append(got, row.BranchID+" "+row.Op+" "+row.Status)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("steps are %q, want %q", got, want)
	}
	return state
}

// AwaitRuns waits until the function was run count times.
func (w *Workflow) AwaitRuns(t *testing.T, count int) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for w.Runs() < count {
		if time.Now().After(deadline) {
			t.Fatalf("the workflow was run %d times, want %d", w.Runs(), count)
		}
		time.Sleep(pollInterval)
	}
}
