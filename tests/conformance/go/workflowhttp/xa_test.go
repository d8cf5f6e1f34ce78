package workflowhttp

import (
	"fmt"
	"testing"

	"github.com/dtm-labs/client/dtmcli"
	"github.com/dtm-labs/client/workflow"

	"sagad/tests/conformance/go/stage"
)

// xa moves money with two steps inside the database's own XA; stop may end it in between.
func xa(t *testing.T, money stage.Accounts, deposit int, stop func() error) workflow.WfFunc2 {
	return func(wf *workflow.Workflow, _ []byte) ([]byte, error) {
		if err := stage.DoXA(t, wf, money.Out, -stage.Amount); err != nil {
			return nil, err
		}
		if stop != nil {
			if err := stop(); err != nil {
				return nil, err
			}
		}
		return nil, stage.DoXA(t, wf, money.In, deposit)
	}
}

func TestWorkflowXaAction(t *testing.T) {
	t.Parallel()
	money := stage.NewAccounts(t)
	w := stage.NewWorkflow(t, xa(t, money, stage.Amount, nil))
	succeeds(t, w)
	stage.ExpectSteps(t, w.GID, "succeed", "01 business succeed", "01 action succeed", "02 business succeed",
		"02 action succeed", "02 commit succeed", "01 commit succeed")
	money.ExpectMoved(t)
}

func TestWorkflowXaRollback(t *testing.T) {
	t.Parallel()
	money := stage.NewAccounts(t)
	w := stage.NewWorkflow(t, xa(t, money, -2*stage.Opening, nil))
	fails(t, w)
	stage.ExpectSteps(t, w.GID, "failed", "01 business succeed", "01 action succeed", "02 action failed",
		"02 rollback succeed", "01 rollback succeed")
	money.ExpectUnmoved(t)
}

func TestWorkflowXaResume(t *testing.T) {
	t.Parallel()
	money := stage.NewAccounts(t)
	stop := onceThen(t, fmt.Errorf("not yet %w", dtmcli.ErrOngoing))
	w := stage.NewResumingWorkflow(t, xa(t, money, stage.Amount, stop))
	stops(t, w)
	stage.ExpectSteps(t, w.GID, "succeed", "01 business succeed", "01 action succeed", "02 business succeed",
		"02 action succeed", "02 commit succeed", "01 commit succeed")
	money.ExpectMoved(t)
	if w.Runs() < 2 {
		t.Errorf("it was run %d times", w.Runs())
	}
}
