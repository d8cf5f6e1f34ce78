package transactions

import (
	"encoding/json"
	"net/url"
	"testing"

	"github.com/dtm-labs/client/dtmcli"
	"github.com/dtm-labs/client/dtmcli/dtmimp"
	"github.com/dtm-labs/client/dtmgrpc"
	"github.com/dtm-labs/client/dtmgrpc/dtmgimp"

	"sagad/tests/conformance/go/stage"
)

func TestMustGenGid(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for i := 0; i < 20; i++ {
		seen[dtmcli.MustGenGid(stage.HTTPServer())] = true
		seen[dtmgrpc.MustGenGid(stage.GRPCServer())] = true
	}
	if len(seen) != 40 || seen[""] {
		t.Errorf("%d different gids of 40", len(seen))
	}
}

// A gid of the server's, all the way.
func TestSagaWithServerGid(t *testing.T) {
	t.Parallel()
	s := newTwoSteps(t, stage.GRPC, nil, nil, nil)
	s.Gid = dtmgrpc.MustGenGid(stage.GRPCServer())
	mustSucceed(t, s.Submit())
	stage.ExpectEnd(t, s.Gid, "succeed", stage.SagaOps, "PSPS")
}

// The server survives what it cannot make sense of.
func TestGrpcPanic(t *testing.T) {
	t.Parallel()
	nothing := dtmimp.NewTransBase(stage.NewGID(t), "", stage.GRPCServer(), "")
	if err := dtmgimp.DtmGrpcCall(nothing, "Submit"); err == nil {
		t.Error("a submit without a type is accepted")
	}
	if dtmgrpc.MustGenGid(stage.GRPCServer()) == "" {
		t.Error("no gid")
	}
}

func TestAPIForceStoppedNormal(t *testing.T) {
	t.Parallel()
	s := newTwoSteps(t, stage.HTTP, answers(dtmcli.ErrOngoing), nil, nil)
	mustSucceed(t, s.Submit())
	s.out.AwaitCalls(t, 1)
	stage.ExpectStatus(t, s.Gid, "submitted")
	if status, body := stage.ForceStop(t, s.Gid); status != 200 {
		t.Fatalf("answered %d %s", status, body)
	}
	stage.ExpectStatus(t, s.Gid, "failed")
}

func TestAPIForceStoppedAbnormal(t *testing.T) {
	t.Parallel()
	s := newTwoSteps(t, stage.HTTP, nil, nil, nil)
	mustSucceed(t, s.Submit())
	stage.AwaitStatus(t, s.Gid, "succeed")
	if status, body := stage.ForceStop(t, s.Gid); status != 409 {
		t.Errorf("answered %d %s", status, body)
	}
}

func TestAPIQuery(t *testing.T) {
	t.Parallel()
	m := newTwoActions(t, stage.HTTP, nil, nil, nil)
	mustSucceed(t, m.Submit())
	if state := stage.Query(t, m.Gid); state.Transaction == nil || len(state.Branches) != 2 {
		t.Errorf("state is %s", state)
	}
	if state := stage.Query(t, "no-such-gid"); state.Transaction != nil || len(state.Branches) != 0 {
		t.Errorf("state is %s", state)
	}
	if status, body := stage.Get(t, "/api/dtmsvr/query?gid="); status != 500 {
		t.Errorf("without gid: %d %s", status, body)
	}
}

// topicVersion counts the writes to a topic.
func topicVersion(t *testing.T, topic string) int {
	t.Helper()
	status, body := stage.Get(t, "/api/dtmsvr/queryKV?cat=topics&key="+url.QueryEscape(topic))
	var answer struct {
		KV []struct {
			K       string `json:"k"`
			Version int    `json:"version"`
		} `json:"kv"`
	}
	if err := json.Unmarshal([]byte(body), &answer); status != 200 || err != nil || len(answer.KV) != 1 {
		t.Fatalf("queryKV is answered %d %s", status, body)
	}
	return answer.KV[0].Version
}

func TestAPIQueryKV(t *testing.T) {
	t.Parallel()
	topic := t.Name()
	if !(httpTopics{}).subscribe(t, topic, "http://a") {
		t.Fatal("no subscription")
	}
	if version := topicVersion(t, topic); version != 1 {
		t.Errorf("version is %d", version)
	}
	status, body := stage.Get(t, "/api/dtmsvr/queryKV?cat=topics&key=nobody")
	var answer map[string][]interface{}
	if err := json.Unmarshal([]byte(body), &answer); status != 200 || err != nil || answer["kv"] == nil || len(answer["kv"]) != 0 {
		t.Errorf("an unknown key is answered %d %s", status, body)
	}
}
