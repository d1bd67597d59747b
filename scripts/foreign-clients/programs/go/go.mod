module sluice-foreign-client

go 1.21

require github.com/coder/websocket v1.8.12
