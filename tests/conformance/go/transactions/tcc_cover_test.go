package transactions

import (
	"context"
	"testing"

	"github.com/dtm-labs/client/dtmcli/dtmimp"
	"github.com/dtm-labs/client/dtmgrpc"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/dtm-labs/client/dtmcli"
	"github.com/go-resty/resty/v2"

	"sagad/tests/conformance/go/stage"
)

func TestTccCoverNotConnected(t *testing.T) {
	t.Parallel()
	err := dtmcli.TccGlobalTransaction("http://"+stage.UnreachableServer(t)+"/api/dtmsvr", stage.NewGID(t),
		func(*dtmcli.Tcc) (*resty.Response, error) {
			t.Error("business was called")
			return nil, nil
		})
	mustFail(t, err, "refused")
}

func TestTccGrpcCoverNotConnected(t *testing.T) {
	t.Parallel()
	err := dtmgrpc.TccGlobalTransaction(stage.UnreachableServer(t), stage.NewGID(t), func(*dtmgrpc.TccGrpc) error {
		t.Error("business was called")
		return nil
	})
	mustFail(t, err, "Unavailable")
}

// The transaction is aborted, and the panic comes through.
func tccPanic(t *testing.T, door stage.Door) {
	t.Parallel()
	gid, out := stage.NewGID(t), newSide(t, "out", nil, nil)
	if panicked := panics(func() {
		_ = runTCC(door, gid, nil, func(call callBranch) error {
			if err := out.callWith(call); err != nil {
				return err
			}
			panic(errOther)
		})
	}); !panicked {
		t.Error("no panic")
	}
	stage.ExpectEnd(t, gid, "failed", stage.TccOps, "SP")
}

func TestTccCoverPanic(t *testing.T)     { tccPanic(t, stage.HTTP) }
func TestTccGrpcCoverPanic(t *testing.T) { tccPanic(t, stage.GRPC) }

// What is no call of a branch is no TCC, and what is no server is none.
func TestTccGrpcType(t *testing.T) {
	t.Parallel()
	if _, err := dtmgrpc.TccFromGrpc(context.Background()); err == nil {
		t.Error("a TCC without metadata")
	}
	err := dtmgrpc.TccGlobalTransaction("-", stage.NewGID(t), func(*dtmgrpc.TccGrpc) error { return nil })
	if err == nil {
		t.Error("a TCC without a server")
	}
}

// The branch is registered before its try turns out to be impossible; the transaction still ends.
func TestTccGrpcCoverCallBranch(t *testing.T) {
	t.Parallel()
	gid := stage.NewGID(t)
	cancel := stage.Answering(t, "cancel")
	err := dtmgrpc.TccGlobalTransaction2(stage.GRPCServer(), gid,
		func(tcc *dtmgrpc.TccGrpc) { tcc.TransOptions = dtmimp.TransOptions{RetryInterval: 1} },
		func(tcc *dtmgrpc.TccGrpc) error {
			reply := wrapperspb.StringValue{}
			return tcc.CallBranch(wrapperspb.String("payload"), "not_exists://abc", "", cancel.Target(), &reply)
		})
	mustFail(t, err, "not_exists")
	stage.ExpectEnd(t, gid, "failed", stage.TccOps, "SP")
	cancel.AwaitCalls(t, 1)
}
