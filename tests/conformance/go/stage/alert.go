package stage

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"
)

// Alert is what the server under test posts about a branch that keeps failing.
type Alert struct {
	GID        string `json:"gid"`
	Status     string `json:"status"`
	Branch     string `json:"branch"`
	Error      string `json:"error"`
	RetryCount int    `json:"retry_count"`
}

// serveHook always answers with an error: alerts must change nothing.
func (p *participant) serveHook(w http.ResponseWriter, request *http.Request) {
	var alert Alert
	if err := json.NewDecoder(request.Body).Decode(&alert); err == nil {
		p.mutex.Lock()
		p.alerts = append(p.alerts, alert)
		p.mutex.Unlock()
	}
	w.WriteHeader(http.StatusInternalServerError)
}

// Alerts are the alerts about one transaction so far.
func Alerts(gid string) []Alert {
	theParticipant.mutex.Lock()
	defer theParticipant.mutex.Unlock()
	var found []Alert
	for _, alert := range theParticipant.alerts {
		if alert.GID == gid {
			found = append(found, alert)
		}
	}
	return found
}

// AwaitAlert waits for the first alert about one transaction.
func AwaitAlert(t *testing.T, gid string) Alert {
	t.Helper()
	deadline := time.Now().Add(patience)
	for time.Now().Before(deadline) {
		if alerts := Alerts(gid); len(alerts) > 0 {
			return alerts[0]
		}
		time.Sleep(pollInterval)
	}
	t.Fatalf("no alert about %s", gid)
	return Alert{}
}
