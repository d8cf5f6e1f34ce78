package stage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/dtm-labs/client/dtmcli"
	"github.com/dtm-labs/client/dtmgrpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// Where the participant listens: plain HTTP branches, JSON-RPC branches, the server's alerts, and
// workflows that are to go on; gRPC branches are methods of one service.
const (
	branchPath   = "/branch/"
	jsonRPCPath  = "/json-rpc/"
	hookPath     = "/alert"
	workflowPath = "/workflow"
	grpcService  = "/conformance.Participant/"
)

// Call is what a branch was called with.
type Call struct {
	GID, TransType, BranchID, Op string
	Method                       string            // GET or POST; "" over gRPC
	Query                        url.Values        // nil over gRPC
	Headers                      map[string]string // names in lower case; over gRPC the metadata
	Body                         string            // over gRPC the text of the StringValue
	At                           time.Time
	Context                      context.Context
}

// Barrier is the client library's barrier for this call.
func (c Call) Barrier() (*dtmcli.BranchBarrier, error) {
	if c.Query == nil {
		return dtmgrpc.BarrierFromGrpc(c.Context)
	}
	return dtmcli.BarrierFromQuery(c.Query)
}

// Handler answers a call. The text is what the caller gets back; errors that are dtmcli.ErrFailure
// or dtmcli.ErrOngoing, and all others, become what the client library makes of them.
type Handler func(Call) (string, error)

// participant is one HTTP and one gRPC server with the branches of all tests.
type participant struct {
	httpListener net.Listener
	grpcListener net.Listener
	grpcServer   *grpc.Server
	workflow     func(url.Values, []byte) error

	mutex    sync.Mutex
	branches map[string]*Branch
	alerts   []Alert
}

func newParticipant() (*participant, error) {
	p := &participant{branches: map[string]*Branch{}}
	p.grpcServer = grpc.NewServer(grpc.UnknownServiceHandler(p.serveGRPC))
	var err error
	if p.httpListener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, err
	}
	p.grpcListener, err = net.Listen("tcp", "127.0.0.1:0")
	return p, err
}

// serve begins to answer. Both servers end with stop, which is no error.
func (p *participant) serve() {
	mux := http.NewServeMux()
	mux.HandleFunc(branchPath, p.serveHTTP)
	mux.HandleFunc(jsonRPCPath, p.serveJSONRPC)
	mux.HandleFunc(hookPath, p.serveHook)
	mux.HandleFunc(workflowPath, p.serveWorkflow)
	go func() { _ = http.Serve(p.httpListener, mux) }()
	go func() { _ = p.grpcServer.Serve(p.grpcListener) }()
}

func (p *participant) stop() {
	p.httpListener.Close()
	p.grpcServer.Stop()
}

func (p *participant) httpURL(path string) string {
	return "http://" + p.httpListener.Addr().String() + path
}

func (p *participant) branch(name string) *Branch {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.branches[name]
}

func (p *participant) add(b *Branch) bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.branches[b.name] != nil {
		return false
	}
	p.branches[b.name] = b
	return true
}

// RawAnswer is an HTTP answer that the client library would not give; as an error of a Handler.
type RawAnswer struct {
	Status int
	Body   string
}

func (r RawAnswer) Error() string { return fmt.Sprintf("%d %s", r.Status, r.Body) }

func httpHeaders(request *http.Request) map[string]string {
	headers := map[string]string{}
	for name := range request.Header {
		headers[strings.ToLower(name)] = request.Header.Get(name)
	}
	return headers
}

func (p *participant) serveHTTP(w http.ResponseWriter, request *http.Request) {
	b := p.branch(strings.TrimPrefix(request.URL.Path, branchPath))
	body, err := io.ReadAll(request.Body)
	if b == nil || err != nil {
		http.NotFound(w, request)
		return
	}
	query := request.URL.Query()
	text, err := b.Take(Call{
		GID: query.Get("gid"), TransType: query.Get("trans_type"), BranchID: query.Get("branch_id"), Op: query.Get("op"),
		Method: request.Method, Query: query, Headers: httpHeaders(request), Body: string(body),
		At: time.Now(), Context: request.Context(),
	})
	if raw := (RawAnswer{}); errors.As(err, &raw) {
		w.WriteHeader(raw.Status)
		fmt.Fprint(w, raw.Body)
		return
	}
	var result interface{} = text
	if err != nil {
		result = err
	} else if text == "" {
		result = dtmcli.MapSuccess
	}
	code, answer := dtmcli.Result2HttpJSON(result)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(answer)
}

func (p *participant) serveJSONRPC(w http.ResponseWriter, request *http.Request) {
	b := p.branch(strings.TrimPrefix(request.URL.Path, jsonRPCPath))
	var envelope struct {
		Version string `json:"jsonrpc"`
		ID      string
		Method  string
		Params  map[string]interface{}
	}
	if b == nil || json.NewDecoder(request.Body).Decode(&envelope) != nil || envelope.Version != "2.0" {
		http.NotFound(w, request)
		return
	}
	word := func(name string) string { return fmt.Sprint(envelope.Params[name]) }
	params, _ := json.Marshal(envelope.Params)
	_, err := b.Take(Call{
		GID: word("gid"), TransType: word("trans_type"), BranchID: word("branch_id"), Op: word("op"),
		Method: envelope.Method, Query: request.URL.Query(), Headers: httpHeaders(request), Body: string(params),
		At: time.Now(), Context: request.Context(),
	})
	answer := map[string]interface{}{"jsonrpc": "2.0", "id": envelope.ID}
	if raw := (RawAnswer{}); errors.As(err, &raw) {
		answer["error"] = json.RawMessage(raw.Body)
	} else if err != nil {
		answer["error"] = map[string]interface{}{"code": -32603, "message": err.Error()}
	} else {
		answer["result"] = "done"
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

func (p *participant) serveWorkflow(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	if err == nil {
		err = p.workflow(request.URL.Query(), body)
	}
	var result interface{} = dtmcli.MapSuccess
	if err != nil {
		result = err
	}
	code, answer := dtmcli.Result2HttpJSON(result)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(answer)
}

// serveGRPC answers every method of grpcService, so that no code is generated for a service whose
// methods are the tests' branches. Requests and replies are google.protobuf.StringValue.
func (p *participant) serveGRPC(_ interface{}, stream grpc.ServerStream) error {
	method, _ := grpc.MethodFromServerStream(stream)
	b := p.branch(strings.TrimPrefix(method, grpcService))
	if b == nil {
		return status.Errorf(codes.Unimplemented, "no branch %s", method)
	}
	var request wrapperspb.StringValue
	if err := stream.RecvMsg(&request); err != nil {
		return err
	}
	headers := map[string]string{}
	incoming, _ := metadata.FromIncomingContext(stream.Context())
	for name, values := range incoming {
		headers[name] = strings.Join(values, ",")
	}
	text, err := b.Take(Call{
		GID: headers["dtm-gid"], TransType: headers["dtm-trans_type"], BranchID: headers["dtm-branch_id"],
		Op: headers["dtm-op"], Headers: headers, Body: request.Value, At: time.Now(), Context: stream.Context(),
	})
	if err != nil {
		return dtmgrpc.DtmError2GrpcError(err)
	}
	return stream.SendMsg(wrapperspb.String(text))
}
