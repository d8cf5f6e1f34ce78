package transactions

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"testing"

	"github.com/dtm-labs/client/dtmcli"
	"github.com/dtm-labs/client/dtmcli/dtmimp"
	"github.com/dtm-labs/client/dtmgrpc"
	"github.com/go-resty/resty/v2"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"sagad/tests/conformance/go/stage"
)

// xaBranch is a branch whose business runs inside the database's own XA, by the client library.
// before may answer a call of the second phase instead; nil lets every call through.
func xaBranch(t *testing.T, name string, account stage.Account, change int, before func(stage.Call) error) *stage.Branch {
	conf, db := stage.DBConf(t), stage.DB(t)
	return stage.NewBranch(t, name, func(call stage.Call) (string, error) {
		if before != nil {
			if err := before(call); err != nil {
				return "", err
			}
		}
		var connection int64
		business := func(xa *sql.DB) error {
			if err := xa.QueryRow("select connection_id()").Scan(&connection); err != nil {
				return err
			}
			return account.Adjust(xa, change)
		}
		var err error
		if call.Query != nil {
			err = dtmcli.XaLocalTransaction(call.Query, conf, func(xa *sql.DB, _ *dtmcli.Xa) error { return business(xa) })
		} else {
			err = dtmgrpc.XaLocalTransaction(call.Context, conf, func(xa *sql.DB, _ *dtmgrpc.XaGrpc) error { return business(xa) })
		}
		if err == nil && connection != 0 {
			err = stage.AwaitDisconnect(db, connection)
		}
		return "", err
	})
}

// runXA runs an XA transaction through a door, with a retry interval of a second.
func runXA(door stage.Door, gid string, custom func(*dtmimp.TransBase), business func(call func(*stage.Branch) error) error) error {
	prepare := func(base *dtmimp.TransBase) {
		base.RetryInterval = 1
		if custom != nil {
			custom(base)
		}
	}
	if door == stage.GRPC {
		return dtmgrpc.XaGlobalTransaction2(door.Server(), gid, func(xa *dtmgrpc.XaGrpc) { prepare(&xa.TransBase) },
			func(xa *dtmgrpc.XaGrpc) error {
				return business(func(b *stage.Branch) error {
					reply := wrapperspb.StringValue{}
					return xa.CallBranch(wrapperspb.String("payload"), b.Target(), &reply)
				})
			})
	}
	return dtmcli.XaGlobalTransaction2(door.Server(), gid, func(xa *dtmcli.Xa) { prepare(&xa.TransBase) },
		func(xa *dtmcli.Xa) (*resty.Response, error) {
			return nil, business(func(b *stage.Branch) error {
				_, err := xa.CallBranch("payload", b.URL())
				return err
			})
		})
}

func xaNormal(t *testing.T, door stage.Door) {
	t.Parallel()
	gid, money := stage.NewGID(t), stage.NewAccounts(t)
	out, in := xaBranch(t, "out", money.Out, -stage.Amount, nil), xaBranch(t, "in", money.In, stage.Amount, nil)
	mustSucceed(t, runXA(door, gid, nil, func(call func(*stage.Branch) error) error {
		if err := call(out); err != nil {
			return err
		}
		return call(in)
	}))
	stage.ExpectEnd(t, gid, "succeed", stage.XaOps, "PSPS")
	money.ExpectMoved(t)
	first, second := out.CallsOf("commit"), in.CallsOf("commit")
	if len(first) == 0 || len(second) == 0 || second[0].At.Before(first[0].At) {
		t.Errorf("the branch that was registered first is not committed first")
	}
	if door == stage.HTTP && (first[0].Method != "POST" || first[0].Body != "") {
		t.Errorf("committed with %s %q", first[0].Method, first[0].Body)
	}
}

func TestXaNormal(t *testing.T)     { xaNormal(t, stage.HTTP) }
func TestXaGrpcNormal(t *testing.T) { xaNormal(t, stage.GRPC) }

// Somebody has committed the first branch by hand.
func TestXaDuplicate(t *testing.T) {
	t.Parallel()
	gid, money := stage.NewGID(t), stage.NewAccounts(t)
	out, in := xaBranch(t, "out", money.Out, -stage.Amount, nil), xaBranch(t, "in", money.In, stage.Amount, nil)
	mustSucceed(t, runXA(stage.HTTP, gid, nil, func(call func(*stage.Branch) error) error {
		if err := call(out); err != nil {
			return err
		}
		if _, err := money.DB.Exec(fmt.Sprintf("xa commit '%s-01'", gid)); err != nil {
			return err
		}
		return call(in)
	}))
	stage.ExpectEnd(t, gid, "succeed", stage.XaOps, "PSPS")
	money.ExpectMoved(t)
}

func xaRollback(t *testing.T, door stage.Door) {
	t.Parallel()
	gid, money := stage.NewGID(t), stage.NewAccounts(t)
	out, in := xaBranch(t, "out", money.Out, -stage.Amount, nil), xaBranch(t, "in", money.In, -2*stage.Opening, nil)
	err := runXA(door, gid, nil, func(call func(*stage.Branch) error) error {
		if err := call(out); err != nil {
			return err
		}
		return call(in)
	})
	mustFail(t, err, "balance not enough")
	stage.ExpectEnd(t, gid, "failed", stage.XaOps, "SP")
	money.ExpectUnmoved(t)
}

func TestXaRollback(t *testing.T)     { xaRollback(t, stage.HTTP) }
func TestXaGrpcRollback(t *testing.T) { xaRollback(t, stage.GRPC) }

func xaLocalError(t *testing.T, door stage.Door) {
	t.Parallel()
	gid := stage.NewGID(t)
	err := runXA(door, gid, nil, func(func(*stage.Branch) error) error { return errOther })
	if !errors.Is(err, errOther) {
		t.Errorf("error is %v", err)
	}
	stage.ExpectEnd(t, gid, "failed", stage.XaOps, "")
}

func TestXaLocalError(t *testing.T)     { xaLocalError(t, stage.HTTP) }
func TestXaGrpcLocalError(t *testing.T) { xaLocalError(t, stage.GRPC) }

// A panic aborts the transaction, and comes through.
func TestXaGrpcPanic(t *testing.T) {
	t.Parallel()
	gid := stage.NewGID(t)
	if panicked := panics(func() {
		_ = runXA(stage.GRPC, gid, nil, func(func(*stage.Branch) error) error { panic(errOther) })
	}); !panicked {
		t.Error("no panic")
	}
	stage.AwaitStatus(t, gid, "failed")
}

func TestXaTimeout(t *testing.T) {
	t.Parallel()
	gid := stage.NewGID(t)
	err := runXA(stage.HTTP, gid, func(base *dtmimp.TransBase) { base.TimeoutToFail = 1 },
		func(func(*stage.Branch) error) error {
			stage.AwaitStatus(t, gid, "failed")
			return nil
		})
	mustFail(t, err, "cannot sumbmit. FAILURE")
	expectTimeoutReason(t, stage.ExpectEnd(t, gid, "failed", stage.XaOps, ""))
}

// once answers the first call of an op in place of the branch.
func once(op string, answer error) func(stage.Call) error {
	done := make(chan struct{}, 1)
	return func(call stage.Call) error {
		if call.Op != op {
			return nil
		}
		select {
		case done <- struct{}{}:
			return answer
		default:
			return nil
		}
	}
}

// A commit that is not done yet is asked for again.
func TestXaNotTimeout(t *testing.T) {
	t.Parallel()
	gid, money := stage.NewGID(t), stage.NewAccounts(t)
	out := xaBranch(t, "out", money.Out, -stage.Amount, once("commit", oldOngoing))
	mustSucceed(t, runXA(stage.HTTP, gid, nil, func(call func(*stage.Branch) error) error {
		stage.ExpectStatus(t, gid, "prepared")
		return call(out)
	}))
	stage.ExpectEnd(t, gid, "succeed", stage.XaOps, "PS")
	if commits := out.CallsOf("commit"); len(commits) < 2 {
		t.Errorf("%d commits", len(commits))
	}
	money.Out.ExpectBalance(t, stage.Opening-stage.Amount)
}

// The database cannot be reached for the first rollback.
func TestXaCoverDBError(t *testing.T) {
	t.Parallel()
	gid, money := stage.NewGID(t), stage.NewAccounts(t)
	out := xaBranch(t, "out", money.Out, -stage.Amount, once("rollback", errors.New("the database is gone")))
	err := runXA(stage.HTTP, gid, nil, func(call func(*stage.Branch) error) error {
		if err := call(out); err != nil {
			return err
		}
		return failure()
	})
	mustFail(t, err, failureText)
	stage.ExpectEnd(t, gid, "failed", stage.XaOps, "SP")
	money.ExpectUnmoved(t)
}

func TestXaCoverDTMError(t *testing.T) {
	t.Parallel()
	err := dtmcli.XaGlobalTransaction("http://"+stage.UnreachableServer(t)+"/api/dtmsvr", stage.NewGID(t),
		func(*dtmcli.Xa) (*resty.Response, error) {
			t.Error("business was called")
			return nil, nil
		})
	mustFail(t, err, "refused")
}

// The gid makes a statement that the database refuses; the server must take it all the same.
func TestXaCoverGidError(t *testing.T) {
	t.Parallel()
	gid, money := stage.NewGID(t)+"-'  '", stage.NewAccounts(t)
	err := runXA(stage.HTTP, gid, nil, func(call func(*stage.Branch) error) error {
		return call(xaBranch(t, "out", money.Out, -stage.Amount, nil))
	})
	mustFail(t, err, "syntax")
	stage.ExpectEnd(t, gid, "failed", stage.XaOps, "")
	money.ExpectUnmoved(t)
}

func TestXaGrpcType(t *testing.T) {
	t.Parallel()
	if _, err := dtmgrpc.XaGrpcFromRequest(context.Background()); err == nil {
		t.Error("an XA branch without metadata")
	}
	if err := dtmgrpc.XaLocalTransaction(context.Background(), dtmcli.DBConf{}, nil); err == nil {
		t.Error("an XA branch without metadata")
	}
	if _, err := dtmcli.XaFromQuery(url.Values{}); err == nil {
		t.Error("an XA branch without a query")
	}
	err := dtmgrpc.XaGlobalTransaction("-", stage.NewGID(t), func(*dtmgrpc.XaGrpc) error { return nil })
	if err == nil {
		t.Error("XA without a server")
	}
}
