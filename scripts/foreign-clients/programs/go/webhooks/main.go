// Receives calls of the webhook connector: verifies them with the Go library of Standard Webhooks, reads them with that of CloudEvents.
package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

func main() {
	expected, err := strconv.Atoi(os.Getenv("SLUICE_EVENT_COUNT"))
	if err != nil {
		fail(err)
	}
	hook, err := standardwebhooks.NewWebhook(os.Getenv("SLUICE_WEBHOOK_SECRET"))
	if err != nil {
		fail(err)
	}
	seen := map[string]bool{}
	http.HandleFunc("/", func(response http.ResponseWriter, request *http.Request) {
		name, err := read(hook, request)
		if err != nil {
			fail(err)
		}
		response.WriteHeader(http.StatusNoContent)
		seen[name] = true
		if len(seen) == expected {
			time.AfterFunc(100*time.Millisecond, func() { os.Exit(0) })
		}
	})
	fail(http.ListenAndServe("127.0.0.1:"+os.Getenv("SLUICE_WEBHOOK_PORT"), nil))
}

// The name of the event that the request holds: source and id.
func read(hook *standardwebhooks.Webhook, request *http.Request) (string, error) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return "", err
	}
	if err := hook.Verify(body, request.Header); err != nil {
		return "", fmt.Errorf("verify: %w", err)
	}
	if hook.Verify(append([]byte(" "), body...), request.Header) == nil {
		return "", fmt.Errorf("another body has the same signature")
	}
	request.Body = io.NopCloser(bytes.NewReader(body))
	event, err := cehttp.NewEventFromHTTPRequest(request)
	if err != nil {
		return "", err
	}
	if err := event.Validate(); err != nil {
		return "", err
	}
	data := map[string]string{}
	if err := event.DataAs(&data); err != nil {
		return "", err
	}
	if event.Type() != os.Getenv("SLUICE_ENTRY") || event.Extensions()["op"] != "create" || !strings.Contains(data["legalName"], "*") {
		return "", fmt.Errorf("not the event that the grant delivers: %s", event)
	}
	return event.Source() + " " + event.ID(), nil
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
