package transactions

import (
	"strings"
	"testing"

	"sagad/tests/conformance/go/stage"
)

// messageJSONRPCBranches has one branch that is called with plain HTTP and one with JSON-RPC.
func messageJSONRPCBranches(t *testing.T) {
	t.Parallel()
	plain, method := stage.Answering(t, "plain"), stage.Answering(t, "method")
	m := stage.NewMessage(t, stage.JSONRPC).Action(plain).ActionAt(method.JSONRPCURL())
	mustSucceed(t, m.Submit())
	stage.ExpectEnd(t, m.Gid, "succeed", stage.MessageOps, "SS")
	call := method.Calls()[0]
	if call.Method != "call" || call.GID != m.Gid || call.BranchID != "02" || call.Op != "action" ||
		call.TransType != "msg" || !strings.Contains(call.Body, `"text":"payload"`) {
		t.Errorf("called as %+v", call)
	}
}

// Whatever a branch says in its error, a message is not given up. A code need not be a number.
func TestMsgJrpcResults(t *testing.T) {
	t.Parallel()
	said := func(code string) error {
		return stage.RawAnswer{Body: `{"code":` + code + `,"message":"no"}`}
	}
	method := stage.Answering(t, "method", said(`{"FAILURE":1}`), said(`{"ONGOING":1}`), said("-32901"), said("-32603"), nil)
	m := stage.NewMessage(t, stage.JSONRPC).ActionAt(method.JSONRPCURL())
	mustSucceed(t, m.Submit())
	method.AwaitCalls(t, 2)
	stage.ExpectEnd(t, m.Gid, "succeed", stage.MessageOps, "S")
	if calls := method.Calls(); len(calls) < 5 {
		t.Errorf("%d calls", len(calls))
	}
}

func TestMsgJrpcRepeated(t *testing.T) {
	t.Parallel()
	m := newTwoActions(t, stage.JSONRPC, nil, nil, nil)
	mustSucceed(t, m.Submit())
	stage.ExpectEnd(t, m.Gid, "succeed", stage.MessageOps, "SS")
	mustFail(t, m.Submit(), "cannot sumbmit. FAILURE")
}

func TestMsgJprcAbnormal(t *testing.T) {
	t.Parallel()
	for body, code := range map[string]string{
		`"hello"`: "-32700",
		`{"jsonrpc":"1.0","id":"1","method":"newGid","params":""}`:                                                     "-32600",
		`{"jsonrpc":"2.0","id":"1","method":"no-such-method","params":""}`:                                             "-32601",
		`{"jsonrpc":"2.0","id":"1","method":"registerBranch","params":{"gid":"TestMsgJprcAbnormal","trans_type":"x"}}`: "-32603",
	} {
		if _, answer := stage.Post(t, "/api/json-rpc", body); !strings.Contains(answer, code) {
			t.Errorf("%s is answered %s, want %s", body, answer, code)
		}
	}
}

func TestMsgJprcAbnormal2(t *testing.T) {
	t.Parallel()
	status, answer := stage.Post(t, "/api/json-rpc", `{"jsonrpc":"2.0","id":"1","method":"newGid","params":""}`)
	if status != 200 || !strings.Contains(answer, `"gid":"`) || !strings.Contains(answer, `"error":null`) {
		t.Errorf("answered %d %s", status, answer)
	}
}
