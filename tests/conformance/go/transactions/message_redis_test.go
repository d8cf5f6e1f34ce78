package transactions

import (
	"errors"
	"testing"

	"github.com/dtm-labs/client/dtmcli"

	"sagad/tests/conformance/go/stage"
)

// redisMessage is transferMessage with everything in Redis.
type redisMessage struct {
	stage.Message
	t     *testing.T
	money redisAccounts
	back  *stage.Branch
}

func newRedisMessage(t *testing.T, door stage.Door) redisMessage {
	t.Parallel()
	money := newRedisAccounts(t)
	m := redisMessage{Message: stage.NewMessage(t, door), t: t, money: money, back: askingRedis(t, "back")}
	m.Action(adjustingRedis(t, "in", money.in, stage.Amount))
	return m
}

func (m redisMessage) transfer(barrier *dtmcli.BranchBarrier) error {
	return m.money.withdraw(m.t, barrier)
}

func (m redisMessage) expectFailed(t *testing.T) {
	t.Helper()
	stage.ExpectEnd(t, m.Gid, "failed", stage.MessageOps, "P")
	m.money.expectUnmoved(t)
}

func (m redisMessage) expectSucceed(t *testing.T) {
	t.Helper()
	stage.ExpectEnd(t, m.Gid, "succeed", stage.MessageOps, "S")
	m.money.expectMoved(t)
}

func redisDo(t *testing.T, door stage.Door) {
	m := newRedisMessage(t, door)
	mustSucceed(t, m.DoAndSubmit(m.back, m.transfer))
	m.expectSucceed(t)
}

func TestMsgRedisDo(t *testing.T)     { redisDo(t, stage.HTTP) }
func TestMsgGrpcRedisDo(t *testing.T) { redisDo(t, stage.GRPC) }

// The business says no itself: the client library aborts without asking.
func redisBusinessFailed(t *testing.T, door stage.Door) {
	m := newRedisMessage(t, door)
	err := m.DoAndSubmit(m.back, func(*dtmcli.BranchBarrier) error { return dtmcli.ErrFailure })
	mustFail(t, err, "FAILURE")
	m.expectFailed(t)
	m.back.ExpectNoCalls(t)
}

func TestMsgRedisDoBusiFailed(t *testing.T)     { redisBusinessFailed(t, stage.HTTP) }
func TestMsgGrpcRedisDoBusiFailed(t *testing.T) { redisBusinessFailed(t, stage.GRPC) }

func TestMsgRedisDoBusiLater(t *testing.T) {
	m := newRedisMessage(t, stage.HTTP)
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

func TestMsgRedisDoPrepareFailed(t *testing.T) {
	t.Parallel()
	messagePrepareFailed(t, stage.HTTP, stage.HTTPServer()+"/not-a-path")
}

func TestMsgGrpcRedisDoPrepareFailed(t *testing.T) {
	t.Parallel()
	messagePrepareFailed(t, stage.GRPC, stage.UnreachableServer(t))
}

// Nothing was written, and an error says so.
func redisCommitFailed(t *testing.T, door stage.Door) {
	m := newRedisMessage(t, door)
	err := m.DoAndSubmit(m.back, func(*dtmcli.BranchBarrier) error { return errOther })
	mustFail(t, err, errOther.Error())
	m.expectFailed(t)
	m.back.AwaitCalls(t, 1)
}

func TestMsgRedisDoCommitFailed(t *testing.T)     { redisCommitFailed(t, stage.HTTP) }
func TestMsgGrpcRedisDoCommitFailed(t *testing.T) { redisCommitFailed(t, stage.GRPC) }

func redisCommitAfterFailed(t *testing.T, door stage.Door) {
	m := newRedisMessage(t, door)
	err := m.DoAndSubmit(m.back, func(barrier *dtmcli.BranchBarrier) error {
		if err := m.transfer(barrier); err != nil {
			return err
		}
		return errOther
	})
	mustFail(t, err, errOther.Error())
	m.expectSucceed(t)
}

func TestMsgRedisDoCommitAfterFailed(t *testing.T)     { redisCommitAfterFailed(t, stage.HTTP) }
func TestMsgGrpcRedisDoCommitAfterFailed(t *testing.T) { redisCommitAfterFailed(t, stage.GRPC) }
