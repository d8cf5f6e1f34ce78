package transactions

import (
	"errors"
	"testing"

	"github.com/dtm-labs/client/dtmcli"

	"sagad/tests/conformance/go/stage"
)

// transferMessage is a message whose business withdraws and whose one branch deposits.
type transferMessage struct {
	stage.Message
	money stage.Accounts
	back  *stage.Branch
}

func newTransferMessage(t *testing.T, door stage.Door) transferMessage {
	money := stage.NewAccounts(t)
	m := transferMessage{Message: stage.NewMessage(t, door), money: money, back: asking(t, "back")}
	m.Action(stage.Adjusting(t, "in", money.In, stage.Amount))
	return m
}

func (m transferMessage) transfer(barrier *dtmcli.BranchBarrier) error {
	return barrier.CallWithDB(m.money.DB, m.money.Withdraw)
}

func (m transferMessage) expectFailed(t *testing.T) {
	t.Helper()
	stage.ExpectEnd(t, m.Gid, "failed", stage.MessageOps, "P")
	m.money.ExpectUnmoved(t)
}

func messageDoAndSubmit(t *testing.T, door stage.Door) {
	t.Parallel()
	m := newTransferMessage(t, door)
	mustSucceed(t, m.DoAndSubmit(m.back, m.transfer))
	stage.ExpectEnd(t, m.Gid, "succeed", stage.MessageOps, "S")
	m.money.ExpectMoved(t)
	m.back.ExpectNoCalls(t)
}

func TestMsgDoAndSubmit(t *testing.T)          { messageDoAndSubmit(t, stage.HTTP) }
func TestMsgJrpcDoAndSubmit(t *testing.T)      { messageDoAndSubmit(t, stage.JSONRPC) }
func TestMsgGrpcPrepareAndSubmit(t *testing.T) { messageDoAndSubmit(t, stage.GRPC) }

func messageBusinessFailed(t *testing.T, door stage.Door) {
	t.Parallel()
	m := newTransferMessage(t, door)
	err := m.DoAndSubmit(m.back, func(*dtmcli.BranchBarrier) error { return errOther })
	mustFail(t, err, errOther.Error())
	m.expectFailed(t)
	m.back.AwaitCalls(t, 1)
}

func TestMsgDoAndSubmitBusiFailed(t *testing.T)     { messageBusinessFailed(t, stage.HTTP) }
func TestMsgJrpcDoAndSubmitBusiFailed(t *testing.T) { messageBusinessFailed(t, stage.JSONRPC) }

// The server has asked, and was told that it will not happen, before it happens.
func TestMsgDoAndSubmitBusiLater(t *testing.T) {
	t.Parallel()
	m := newTransferMessage(t, stage.HTTP)
	m.TimeoutToFail = 1
	err := m.DoAndSubmit(m.back, func(barrier *dtmcli.BranchBarrier) error {
		stage.AwaitStatus(t, m.Gid, "failed")
		return m.transfer(barrier)
	})
	if !errors.Is(err, dtmcli.ErrDuplicated) {
		t.Errorf("error is %v", err)
	}
	m.expectFailed(t)
}

func messagePrepareFailed(t *testing.T, door stage.Door, server string) {
	m := stage.NewMessageAt(t, door, server)
	m.Action(stage.Answering(t, "in"))
	called := false
	err := m.DoAndSubmit(stage.Answering(t, "back"), func(*dtmcli.BranchBarrier) error {
		called = true
		return nil
	})
	if err == nil || called {
		t.Errorf("error is %v, business was called: %v", err, called)
	}
	if state := stage.Query(t, m.Gid); state.Transaction != nil {
		t.Errorf("there is one: %s", state)
	}
}

func TestMsgDoAndSubmitPrepareFailed(t *testing.T) {
	t.Parallel()
	messagePrepareFailed(t, stage.HTTP, stage.HTTPServer()+"/not-a-path")
}

func messageCommitFailed(t *testing.T, door stage.Door) {
	t.Parallel()
	m := newTransferMessage(t, door)
	err := m.DoAndSubmit(m.back, func(barrier *dtmcli.BranchBarrier) error {
		tx, err := m.money.DB.Begin()
		if err != nil {
			return err
		}
		if err := m.money.Withdraw(tx); err != nil {
			return err
		}
		if err := tx.Rollback(); err != nil {
			return err
		}
		return errOther
	})
	mustFail(t, err, errOther.Error())
	m.expectFailed(t)
}

func TestMsgDoAndSubmitCommitFailed(t *testing.T)          { messageCommitFailed(t, stage.HTTP) }
func TestMsgGrpcPrepareAndSubmitCommitFailed(t *testing.T) { messageCommitFailed(t, stage.GRPC) }

func TestMsgDoAndSubmitCommitAfterFailed(t *testing.T) {
	t.Parallel()
	m := newTransferMessage(t, stage.HTTP)
	err := m.DoAndSubmit(m.back, func(barrier *dtmcli.BranchBarrier) error {
		if err := m.transfer(barrier); err != nil {
			return err
		}
		return errOther
	})
	mustFail(t, err, errOther.Error())
	stage.ExpectEnd(t, m.Gid, "succeed", stage.MessageOps, "S")
	m.money.ExpectMoved(t)
}

// The same over gRPC, with a branch that is called over HTTP.
func TestMsgGrpcPrepareAndSubmitCommitAfterFailed(t *testing.T) {
	t.Parallel()
	money := stage.NewAccounts(t)
	m := transferMessage{Message: stage.NewMessage(t, stage.GRPC), money: money, back: asking(t, "back")}
	in := stage.Adjusting(t, "in", money.In, stage.Amount)
	m.ActionAt(in.URL())
	err := m.DoAndSubmit(m.back, func(barrier *dtmcli.BranchBarrier) error {
		if err := m.transfer(barrier); err != nil {
			return err
		}
		return errOther
	})
	mustFail(t, err, errOther.Error())
	stage.ExpectEnd(t, m.Gid, "succeed", stage.MessageOps, "S")
	money.ExpectMoved(t)
	if method := in.Calls()[0].Method; method != "POST" {
		t.Errorf("the branch was called with %q", method)
	}
}
