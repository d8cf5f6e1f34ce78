package transactions

import (
	"fmt"
	"testing"
	"time"

	"github.com/dtm-labs/client/dtmcli"

	"sagad/tests/conformance/go/stage"
)

// twoActions is a message with two branches and its check-back.
type twoActions struct {
	stage.Message
	back, first, second *stage.Branch
}

func newTwoActions(t *testing.T, door stage.Door, back, first, second []error) twoActions {
	m := twoActions{
		Message: stage.NewMessage(t, door),
		back:    stage.Answering(t, "back", back...),
		first:   stage.Answering(t, "first", first...),
		second:  stage.Answering(t, "second", second...),
	}
	m.Action(m.first).Action(m.second)
	return m
}

// messageNormal has the message's branches wait until it was seen submitted.
func messageNormal(t *testing.T, door stage.Door, topic bool) {
	t.Parallel()
	gate := stage.NewGate(t)
	first := stage.AnsweringBehind(t, "first", gate)
	second := stage.AnsweringBehind(t, "second", gate)
	m := stage.NewMessage(t, door)
	m.RequestTimeout = 60
	if topic {
		m.Topic(subscribed(t, door, first, second))
	} else {
		m.Action(first).Action(second)
	}
	mustSucceed(t, m.Submit())
	stage.ExpectStatus(t, m.Gid, "submitted")
	gate.Open()
	state := stage.AwaitStatus(t, m.Gid, "succeed")
	for i, row := range state.Branches {
		want := fmt.Sprintf("%02d", i+1)
		if topic {
			want = fmt.Sprintf("01-%02d", i+1)
		}
		if row.BranchID != want || row.Op != "action" || row.Status != "succeed" {
			t.Errorf("row %d: %s", i, state)
		}
	}
	if len(state.Branches) != 2 || len(first.Calls()) == 0 || len(second.Calls()) == 0 {
		t.Errorf("not both were called: %s", state)
	}
}

func TestMsgNormal(t *testing.T)      { messageNormal(t, stage.HTTP, true) }
func TestMsgGrpcNormal(t *testing.T)  { messageNormal(t, stage.GRPC, true) }
func TestMsgNormalPlain(t *testing.T) { messageNormal(t, stage.HTTP, false) }
func TestMsgGrpcPlain(t *testing.T)   { messageNormal(t, stage.GRPC, false) }
func TestMsgJrpcSubmit(t *testing.T)  { messageNormal(t, stage.JSONRPC, false) }
func TestMsgJrpcNormal(t *testing.T)  { messageJSONRPCBranches(t) }

func messageTimeoutSuccess(t *testing.T, door stage.Door, first, second []error) {
	t.Parallel()
	m := newTwoActions(t, door, answers(dtmcli.ErrOngoing, nil), first, second)
	m.TimeoutToFail = 1
	mustSucceed(t, m.Prepare(m.back))
	m.back.AwaitCalls(t, 1)
	stage.ExpectEnd(t, m.Gid, "succeed", stage.MessageOps, "SS")
	asked := m.back.Calls()
	if len(asked) < 2 || m.first.Calls()[0].At.Before(asked[1].At) {
		t.Errorf("asked %d times; branches were called before the answer", len(asked))
	}
	if asked[0].Op != "msg" || asked[0].BranchID != "00" || asked[0].TransType != "msg" {
		t.Errorf("asked with op %s, branch %s, type %s", asked[0].Op, asked[0].BranchID, asked[0].TransType)
	}
	if total := len(m.first.Calls()) + len(m.second.Calls()); total < 3 {
		t.Errorf("the ongoing branch was not called again")
	}
}

func TestMsgTimeoutSuccess(t *testing.T) {
	messageTimeoutSuccess(t, stage.HTTP, nil, answers(dtmcli.ErrOngoing, nil))
}

func TestMsgGrpcTimeoutSuccess(t *testing.T) {
	messageTimeoutSuccess(t, stage.GRPC, answers(dtmcli.ErrOngoing, nil), nil)
}

func messageTimeoutFailed(t *testing.T, door stage.Door) {
	t.Parallel()
	m := newTwoActions(t, door, answers(dtmcli.ErrOngoing, failure()), nil, nil)
	m.TimeoutToFail = 1
	mustSucceed(t, m.Prepare(m.back))
	stage.ExpectEnd(t, m.Gid, "failed", stage.MessageOps, "PP")
	if asked := m.back.Calls(); len(asked) < 2 {
		t.Errorf("asked %d times", len(asked))
	}
	m.first.ExpectNoCalls(t)
	m.second.ExpectNoCalls(t)
}

func TestMsgTimeoutFailed(t *testing.T)     { messageTimeoutFailed(t, stage.HTTP) }
func TestMsgGrpcTimeoutFailed(t *testing.T) { messageTimeoutFailed(t, stage.GRPC) }

func TestMsgAbnormal(t *testing.T) {
	t.Parallel()
	m := newTwoActions(t, stage.HTTP, nil, nil, nil)
	mustSucceed(t, m.Prepare(m.back))
	mustSucceed(t, m.Prepare(m.back))
	mustSucceed(t, m.Submit())
	mustFail(t, m.Prepare(m.back), "cannot prepare. FAILURE")
	stage.ExpectEnd(t, m.Gid, "succeed", stage.MessageOps, "SS")
}

func TestMsgTopicNotFoundFailed(t *testing.T) {
	t.Parallel()
	for _, door := range []stage.Door{stage.HTTP, stage.GRPC} {
		mustFail(t, stage.NewMessage(t, door).Topic("nobody-has-subscribed-to-this").Submit(), "topic not found")
	}
}

// expectAskedAfter checks that the check-back did not come before the timeout.
func expectAskedAfter(t *testing.T, back *stage.Branch, prepared time.Time, seconds int) {
	t.Helper()
	// A second is allowed: schedules may be kept in whole seconds.
	if after := back.AwaitCalls(t, 1)[0].At.Sub(prepared); after < time.Duration(seconds-1)*time.Second {
		t.Errorf("asked after %s, want %d s", after, seconds)
	}
}

// The default is 35 seconds.
func TestMsgOptionsTimeout(t *testing.T) {
	t.Parallel()
	m := newTwoActions(t, stage.HTTP, nil, nil, nil)
	prepared := time.Now()
	mustSucceed(t, m.Prepare(m.back))
	expectAskedAfter(t, m.back, prepared, 35)
	stage.ExpectEnd(t, m.Gid, "succeed", stage.MessageOps, "SS")
}

func messageTimeoutCustom(t *testing.T, back []error, status, rows string) {
	t.Parallel()
	m := newTwoActions(t, stage.HTTP, back, nil, nil)
	m.TimeoutToFail = 4
	prepared := time.Now()
	mustSucceed(t, m.Prepare(m.back))
	expectAskedAfter(t, m.back, prepared, 4)
	stage.ExpectEnd(t, m.Gid, status, stage.MessageOps, rows)
}

func TestMsgOptionsTimeoutCustom(t *testing.T) { messageTimeoutCustom(t, nil, "succeed", "SS") }

func TestMsgOptionsTimeoutFailed(t *testing.T) {
	messageTimeoutCustom(t, answers(failure()), "failed", "PP")
}

func TestMsgConcurrent(t *testing.T) {
	t.Parallel()
	together := stage.Rendezvous(2)
	m := stage.NewMessage(t, stage.HTTP)
	m.Action(stage.NewBranch(t, "first", together)).Action(stage.NewBranch(t, "second", together))
	m.Concurrent = true
	mustSucceed(t, m.Submit())
	stage.ExpectEnd(t, m.Gid, "succeed", stage.MessageOps, "SS")
}

func messageDelay(t *testing.T, door stage.Door) {
	t.Parallel()
	const delay = 3
	m := newTwoActions(t, door, nil, nil, nil)
	m.SetDelay(delay)
	submitted := time.Now()
	mustSucceed(t, m.Submit())
	stage.ExpectEnd(t, m.Gid, "succeed", stage.MessageOps, "SS")
	if after := m.first.Calls()[0].At.Sub(submitted); after < (delay-1)*time.Second {
		t.Errorf("called after %s, want %d s", after, delay)
	}
}

func TestMsgDelayNormal(t *testing.T) { messageDelay(t, stage.HTTP) }
func TestMsgGrpcDelay(t *testing.T)   { messageDelay(t, stage.GRPC) }

// The hook answers with an error, which changes nothing (TestMsgWebhookError).
func TestMsgWebhook(t *testing.T) {
	stage.NeedsOwnServer(t)
	t.Parallel()
	m := newTwoActions(t, stage.HTTP, nil, answers(errOther, errOther, errOther, nil), nil)
	mustSucceed(t, m.Submit())
	alert := stage.AwaitAlert(t, m.Gid)
	if alert.Branch != m.first.URL() || alert.Status != "submitted" || alert.RetryCount != 3 || alert.Error == "" {
		t.Errorf("alert is %+v", alert)
	}
	stage.ExpectEnd(t, m.Gid, "succeed", stage.MessageOps, "SS")
}
