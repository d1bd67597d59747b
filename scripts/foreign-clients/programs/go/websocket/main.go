// Keeps a copy of a grant over WebSocket by the rules of docs/protocol.md, which is all that it was written from. The connection breaks
// in the middle, and the copy goes on from the position that it has stored.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

type frame struct {
	Kind     string  `json:"kind"`
	Ref      string  `json:"ref,omitempty"`
	Grant    string  `json:"grant,omitempty"`
	Cursor   string  `json:"cursor,omitempty"`
	From     any     `json:"from,omitempty"`
	Credit   int     `json:"credit,omitempty"`
	Channel  int64   `json:"channel,omitempty"`
	Position int64   `json:"position,omitempty"`
	Through  int64   `json:"through,omitempty"`
	Log      string  `json:"log,omitempty"`
	Code     string  `json:"code,omitempty"`
	Message  string  `json:"message,omitempty"`
	Reason   string  `json:"reason,omitempty"`
	Events   []event `json:"events,omitempty"`
}

type event struct {
	ID       string         `json:"id"`
	Position int64          `json:"position"`
	Op       string         `json:"op"`
	Subject  string         `json:"subject"`
	Data     map[string]any `json:"data"`
}

// after is a start behind a position of a log.
type after struct {
	Position int64  `json:"after"`
	Log      string `json:"log"`
}

// store is what a department would keep in one transaction: the records and the progress.
type store struct {
	records map[string]map[string]any
	applied map[int64]bool
	next    after
}

var errCut = errors.New("the connection was cut on purpose")

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	expected, err := strconv.Atoi(os.Getenv("SLUICE_EVENT_COUNT"))
	if err != nil {
		return err
	}
	copied := &store{records: map[string]map[string]any{}, applied: map[int64]bool{}}
	if err := follow(copied, "earliest", 1); !errors.Is(err, errCut) {
		return fmt.Errorf("the first connection was not cut: %w", err)
	}
	if len(copied.applied) != 1 {
		return fmt.Errorf("%d events before the cut, with a credit of 1", len(copied.applied))
	}
	if err := follow(copied, copied.next, 1000); err != nil {
		return err
	}
	if len(copied.applied) < expected {
		return fmt.Errorf("%d events instead of %d", len(copied.applied), expected)
	}
	return nil
}

// follow applies events until it has caught up and its acknowledgement is durable; with a credit of 1 it breaks off after one frame.
func follow(copied *store, from any, credit int) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	url := "ws" + strings.TrimPrefix(os.Getenv("SLUICE_URL"), "http") + "/v1/stream"
	socket, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{
		HTTPHeader:   http.Header{"Authorization": {"Bearer " + os.Getenv("SLUICE_TOKEN")}},
		Subprotocols: []string{"sluice.v1.json"},
	})
	if err != nil {
		return err
	}
	defer socket.CloseNow()
	socket.SetReadLimit(2 << 20)
	subscribe := frame{
		Kind: "subscribe", Ref: "1", Grant: os.Getenv("SLUICE_GRANT"), Cursor: "foreign-go", From: from, Credit: credit,
	}
	if err := wsjson.Write(ctx, socket, subscribe); err != nil {
		return err
	}
	for {
		var got frame
		if err := wsjson.Read(ctx, socket, &got); err != nil {
			return err
		}
		switch got.Kind {
		case "error", "ended":
			return fmt.Errorf("the broker answered %s %s %s%s", got.Kind, got.Code, got.Message, got.Reason)
		case "subscribed":
			copied.next.Log = got.Log
		case "events":
			if err := copied.apply(got); err != nil {
				return err
			}
			if credit == 1 && len(got.Events) > 0 {
				return errCut
			}
			if err := wsjson.Write(ctx, socket, frame{Kind: "ack", Channel: got.Channel, Position: got.Through}); err != nil {
				return err
			}
		case "caught_up":
			return socket.Close(websocket.StatusNormalClosure, "")
		}
	}
}

func (s *store) apply(got frame) error {
	for _, one := range got.Events {
		if s.applied[one.Position] || one.Position <= s.next.Position {
			return fmt.Errorf("event %s came twice or out of order", one.ID)
		}
		switch one.Op {
		case "create", "update", "enter", "snapshot", "correction":
			s.records[one.Subject] = one.Data
		case "leave", "delete":
			delete(s.records, one.Subject)
		}
		s.applied[one.Position] = true
		s.next.Position = one.Position
	}
	s.next.Position = got.Through
	return nil
}
