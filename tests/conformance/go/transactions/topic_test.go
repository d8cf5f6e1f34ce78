package transactions

import (
	"context"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/dtm-labs/client/dtmgrpc/dtmgimp"
	"github.com/dtm-labs/client/dtmgrpc/dtmgpb"

	"sagad/tests/conformance/go/stage"
)

// topics are the calls about topics, through one door.
type topics interface {
	subscribe(t *testing.T, topic, address string) bool
	unsubscribe(t *testing.T, topic, address string) bool
	remove(t *testing.T, topic string) bool
}

type httpTopics struct{}

func ask(t *testing.T, call, topic, address string) bool {
	query := url.Values{"topic": {topic}, "url": {address}, "remark": {"a test"}}
	status, _ := stage.Get(t, "/api/dtmsvr/"+call+"?"+query.Encode())
	return status == 200
}

func (httpTopics) subscribe(t *testing.T, topic, address string) bool {
	return ask(t, "subscribe", topic, address)
}

func (httpTopics) unsubscribe(t *testing.T, topic, address string) bool {
	return ask(t, "unsubscribe", topic, address)
}

func (httpTopics) remove(t *testing.T, topic string) bool {
	status, _ := stage.Delete(t, "/api/dtmsvr/topic/"+url.PathEscape(topic))
	return status == 200
}

type grpcTopics struct{}

func (grpcTopics) subscribe(t *testing.T, topic, address string) bool {
	_, err := dtmgimp.MustGetDtmClient(stage.GRPCServer()).Subscribe(context.Background(),
		&dtmgpb.DtmTopicRequest{Topic: topic, URL: address, Remark: "a test"})
	return err == nil
}

func (grpcTopics) unsubscribe(t *testing.T, topic, address string) bool {
	_, err := dtmgimp.MustGetDtmClient(stage.GRPCServer()).Unsubscribe(context.Background(),
		&dtmgpb.DtmTopicRequest{Topic: topic, URL: address})
	return err == nil
}

func (grpcTopics) remove(t *testing.T, topic string) bool {
	_, err := dtmgimp.MustGetDtmClient(stage.GRPCServer()).DeleteTopic(context.Background(),
		&dtmgpb.DtmTopicRequest{Topic: topic})
	return err == nil
}

// subscribed makes a topic of this test with some subscribers, and waits until the server knows it:
// a server may notice new subscribers only after a while.
func subscribed(t *testing.T, door stage.Door, subscribers ...*stage.Branch) string {
	t.Helper()
	topic := t.Name()
	for _, subscriber := range subscribers {
		if !(httpTopics{}).subscribe(t, topic, door.URL(subscriber)) {
			t.Fatalf("no subscription to %s", topic)
		}
	}
	back := stage.Answering(t, "probe-back", failure())
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		probe := stage.NewMessage(t, door).Topic(topic)
		if probe.Prepare(back) != nil {
			continue
		}
		known := len(stage.Query(t, probe.Gid).Branches)
		stage.ForceStop(t, probe.Gid)
		if known == len(subscribers) {
			return topic
		}
	}
	t.Fatalf("the subscribers of %s stay unknown", topic)
	return ""
}

func topicNormal(t *testing.T, door topics) {
	t.Parallel()
	topic := t.Name()
	expect := func(what string, got, want bool) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	expect("subscribe", door.subscribe(t, topic, "http://a"), true)
	expect("subscribe again", door.subscribe(t, topic, "http://a"), false)
	expect("subscribe to no topic", door.subscribe(t, "", "http://a"), false)
	expect("subscribe no url", door.subscribe(t, topic, ""), false)
	expect("subscribe another", door.subscribe(t, topic, "http://b"), true)
	expect("unsubscribe", door.unsubscribe(t, topic, "http://a"), true)
	expect("unsubscribe again", door.unsubscribe(t, topic, "http://a"), false)
	expect("unsubscribe from no topic", door.unsubscribe(t, "", "http://b"), false)
	expect("unsubscribe no url", door.unsubscribe(t, topic, ""), false)
	expect("unsubscribe from an unknown one", door.unsubscribe(t, topic+"-unknown", "http://b"), false)
	expect("unsubscribe the last", door.unsubscribe(t, topic, "http://b"), true)
	expect("unsubscribe from an empty one", door.unsubscribe(t, topic, "http://b"), false)
	expect("delete an unknown one", door.remove(t, topic+"-unknown"), false)
	expect("delete", door.remove(t, topic), true)
	expect("delete again", door.remove(t, topic), false)
}

func TestTopicNormal(t *testing.T)     { topicNormal(t, httpTopics{}) }
func TestTopicGrpcNormal(t *testing.T) { topicNormal(t, grpcTopics{}) }

// Of subscriptions at the same time some may be refused; those that were not are there.
func TestConcurrentUpdateTopic(t *testing.T) {
	t.Parallel()
	const attempts = 20
	topic := t.Name()
	door := httpTopics{}
	address := func(i int) string { return "http://subscriber/" + string(rune('a'+i)) }
	var group sync.WaitGroup
	succeeded := make([]bool, attempts)
	for i := range succeeded {
		group.Add(1)
		go func(i int) {
			defer group.Done()
			succeeded[i] = door.subscribe(t, topic, address(i))
		}(i)
	}
	group.Wait()
	count := 0
	for i, yes := range succeeded {
		if yes {
			count++
			if !door.unsubscribe(t, topic, address(i)) {
				t.Errorf("subscriber %d was lost", i)
			}
		}
	}
	if count == 0 {
		t.Fatal("nobody could subscribe")
	}
	if version := topicVersion(t, topic); version != 2*count {
		t.Errorf("version is %d after %d subscriptions and their end", version, count)
	}
}
