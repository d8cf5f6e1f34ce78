package stage

import (
	"testing"

	"github.com/dtm-labs/client/dtmcli"
	"github.com/dtm-labs/client/dtmcli/dtmimp"
	"github.com/dtm-labs/client/dtmgrpc"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// Door is the way a client talks to the server.
type Door string

// The three doors. Through JSONRPC branches are called with plain HTTP, unless a test names them
// with JSONRPCURL; through GRPC over gRPC.
const (
	HTTP    Door = "http"
	JSONRPC Door = "json-rpc"
	GRPC    Door = "grpc"
)

// Server is the address that the client library wants for this door.
func (d Door) Server() string {
	switch d {
	case GRPC:
		return GRPCServer()
	case JSONRPC:
		return JSONRPCServer()
	}
	return HTTPServer()
}

// URL is how a branch is named through this door. nil is the branch that nobody is called for.
func (d Door) URL(b *Branch) string {
	if b == nil {
		return ""
	}
	if d == GRPC {
		return b.Target()
	}
	return b.URL()
}

// Saga is a saga of the client library, whatever the door.
type Saga struct {
	*dtmcli.Saga
	door Door
	grpc *dtmgrpc.SagaGrpc
}

// NewSaga begins a saga with a retry interval of a second: tests do not wait for the default.
func NewSaga(t *testing.T, door Door) Saga {
	t.Helper()
	s := Saga{door: door}
	if door == GRPC {
		s.grpc = dtmgrpc.NewSagaGrpc(door.Server(), NewGID(t))
		s.Saga = &s.grpc.Saga
	} else {
		s.Saga = dtmcli.NewSaga(door.Server(), NewGID(t))
		if door == JSONRPC {
			s.Protocol = dtmimp.Jrpc
		}
	}
	s.RetryInterval = 1
	return s
}

// Step adds a step with a payload that names it.
func (s Saga) Step(action, compensate *Branch) Saga {
	if s.grpc != nil {
		s.grpc.Add(s.door.URL(action), s.door.URL(compensate), wrapperspb.String("payload"))
	} else {
		s.Saga.Add(s.door.URL(action), s.door.URL(compensate), "payload")
	}
	return s
}

// Submit submits it through its door.
func (s Saga) Submit() error {
	if s.grpc != nil {
		return s.grpc.Submit()
	}
	return s.Saga.Submit()
}

// Message is a two-phase message of the client library, whatever the door.
type Message struct {
	*dtmcli.Msg
	door Door
	grpc *dtmgrpc.MsgGrpc
}

// NewMessage begins a message with a retry interval of a second.
func NewMessage(t *testing.T, door Door) Message {
	t.Helper()
	return NewMessageAt(t, door, door.Server())
}

// NewMessageAt begins a message for a server at another address.
func NewMessageAt(t *testing.T, door Door, server string) Message {
	t.Helper()
	m := Message{door: door}
	if door == GRPC {
		m.grpc = dtmgrpc.NewMsgGrpc(server, NewGID(t))
		m.Msg = &m.grpc.Msg
	} else {
		m.Msg = dtmcli.NewMsg(server, NewGID(t))
		if door == JSONRPC {
			m.Protocol = dtmimp.Jrpc
		}
	}
	m.RetryInterval = 1
	return m
}

// Action adds a branch.
func (m Message) Action(b *Branch) Message { return m.ActionAt(m.door.URL(b)) }

// ActionAt adds a branch by its URL.
func (m Message) ActionAt(address string) Message {
	if m.grpc != nil {
		m.grpc.Add(address, wrapperspb.String("payload"))
	} else {
		m.Msg.Add(address, map[string]string{"text": "payload"})
	}
	return m
}

// Topic adds whoever has subscribed to a topic.
func (m Message) Topic(topic string) Message {
	if m.grpc != nil {
		m.grpc.AddTopic(topic, wrapperspb.String("payload"))
	} else {
		m.Msg.AddTopic(topic, map[string]string{"text": "payload"})
	}
	return m
}

// Prepare announces the message.
func (m Message) Prepare(checkBack *Branch) error {
	if m.grpc != nil {
		return m.grpc.Prepare(m.door.URL(checkBack))
	}
	return m.Msg.Prepare(m.door.URL(checkBack))
}

// Submit submits it through its door.
func (m Message) Submit() error {
	if m.grpc != nil {
		return m.grpc.Submit()
	}
	return m.Msg.Submit()
}

// DoAndSubmit runs the client library's whole sequence around a piece of business.
func (m Message) DoAndSubmit(checkBack *Branch, business func(*dtmcli.BranchBarrier) error) error {
	if m.grpc != nil {
		return m.grpc.DoAndSubmit(m.door.URL(checkBack), business)
	}
	return m.Msg.DoAndSubmit(m.door.URL(checkBack), business)
}
