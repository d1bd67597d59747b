// Follows a grant over WebSocket and acknowledges, written from docs/protocol.md alone.
package main

import (
	"context"
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
	Kind     string `json:"kind"`
	Ref      string `json:"ref,omitempty"`
	Grant    string `json:"grant,omitempty"`
	Cursor   string `json:"cursor,omitempty"`
	Channel  int64  `json:"channel,omitempty"`
	Position int64  `json:"position,omitempty"`
	Through  int64  `json:"through,omitempty"`
	Code     string `json:"code,omitempty"`
	Message  string `json:"message,omitempty"`
	Events   []struct {
		ID       string         `json:"id"`
		Position int64          `json:"position"`
		Data     map[string]any `json:"data"`
	} `json:"events,omitempty"`
}

func main() {
	if err := follow(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func follow() error {
	expected, err := strconv.Atoi(os.Getenv("SLUICE_EVENT_COUNT"))
	if err != nil {
		return err
	}
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
	subscribe := frame{Kind: "subscribe", Ref: "1", Grant: os.Getenv("SLUICE_GRANT"), Cursor: "foreign-go"}
	if err := wsjson.Write(ctx, socket, subscribe); err != nil {
		return err
	}
	count, through := 0, int64(0)
	for {
		var got frame
		if err := wsjson.Read(ctx, socket, &got); err != nil {
			return err
		}
		switch got.Kind {
		case "error", "ended":
			return fmt.Errorf("the broker answered %s %s %s", got.Kind, got.Code, got.Message)
		case "events":
			count += len(got.Events)
			through = got.Through
			if err := wsjson.Write(ctx, socket, frame{Kind: "ack", Channel: got.Channel, Position: through}); err != nil {
				return err
			}
		case "acked":
			if count >= expected && got.Position >= through {
				return socket.Close(websocket.StatusNormalClosure, "")
			}
		}
	}
}
