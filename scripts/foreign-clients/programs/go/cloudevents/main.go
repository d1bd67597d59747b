// Publishes with the Go library of CloudEvents in binary, structured and batch mode, each twice: the second is a duplicate.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/cloudevents/sdk-go/v2/binding"
	"github.com/cloudevents/sdk-go/v2/event"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
)

type result struct {
	ID        string `json:"id"`
	Position  int64  `json:"position"`
	Duplicate bool   `json:"duplicate"`
}

var address = os.Getenv("SLUICE_URL") + "/v1/events"

func main() {
	ctx := context.Background()
	for number, mode := range []string{"binary", "structured", "batch"} {
		for attempt := range 2 {
			request, err := requestOf(ctx, mode, eventOf(number, mode))
			if err == nil {
				err = send(request, mode, attempt == 1)
			}
			if err != nil {
				fmt.Fprintf(os.Stderr, "%s: %v\n", mode, err)
				os.Exit(1)
			}
		}
	}
}

func eventOf(number int, mode string) event.Event {
	one := event.New()
	one.SetID("foreign-go-" + mode)
	one.SetType(os.Getenv("SLUICE_ENTRY"))
	one.SetSource("/chicago-bacp/bacp-licensing")
	one.SetExtension("op", "create")
	data := map[string]string{
		"accountNumber": fmt.Sprintf("30000%d", number), "legalName": "李氏 BAKERY", "district": "18", "fee": "12.00",
	}
	if err := one.SetData(event.ApplicationJSON, data); err != nil {
		panic(err)
	}
	return one
}

func requestOf(ctx context.Context, mode string, one event.Event) (*http.Request, error) {
	switch mode {
	case "batch":
		return cehttp.NewHTTPRequestFromEvents(ctx, address, []event.Event{one})
	case "structured":
		return cehttp.NewHTTPRequestFromEvent(binding.WithForceStructured(ctx), address, one)
	default:
		return cehttp.NewHTTPRequestFromEvent(binding.WithForceBinary(ctx), address, one)
	}
}

func send(request *http.Request, mode string, isRepeat bool) error {
	request.Header.Set("Authorization", "Bearer "+os.Getenv("SLUICE_TOKEN"))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	var stored result
	if mode == "batch" {
		several := []result{}
		if err = json.Unmarshal(body, &several); err == nil && len(several) == 1 {
			stored = several[0]
		}
	} else {
		err = json.Unmarshal(body, &stored)
	}
	if err != nil || stored.Position == 0 || stored.Duplicate != isRepeat {
		return fmt.Errorf("%s: %s", response.Status, body)
	}
	return nil
}
