// /v1/ingest: a source's socket becomes the packets, pauses and end of a call (docs/ingest.md).
#pragma once

#include <deque>
#include <memory>
#include <string>

#include "call/scope.h"
#include "gateway/call_registry.h"
#include "net/web_socket.h"

namespace sotto::app {

class IngestEndpoint final : public net::WebSocketHandler, public SourceLink {
 public:
  // `source`: whose calls may come over this socket.
  IngestEndpoint(CallRegistry& registry, Clock const& clock, Principal source);
  ~IngestEndpoint() override;

  // WebSocketHandler
  void on_open(net::WebSocketPeer& peer) override;
  void on_text(std::string_view text) override;
  void on_binary(std::span<std::uint8_t const> bytes) override;
  net::Outgoing next_message() override;
  void on_closed(int code, std::string const& why) override;
  // SourceLink
  void on_tick(Time now) override;
  void on_started(gateway::CapturedCall const& call, std::string const& resume_token, std::size_t rules) override;
  void on_start_refused(Error const& error) override;
  void on_replaced() override;
  void on_ended(EndReason reason) override;
  void on_abandoned() override;
  void on_server_stops() override;
  void on_notice(std::string_view type, std::int64_t sample) override;

 private:
  gateway::CapturedCall* carried();
  void on_start(ingest::Start start);
  void on_transfer(gateway::CapturedCall& call, ingest::Transfer const& transfer);
  void send(std::string message);
  void refuse(Error const& error);  // tells, and closes after too many
  void close(int code, Error const& error);

  // Given.
  CallRegistry& registry_;
  Clock const& clock_;
  Principal const source_;
  net::WebSocketPeer* peer_ = nullptr;
  // State.
  std::string call_;  // empty before start
  CallInfo info_;
  bool started_ = false;  // the source was told so
  bool open_ = true;      // the call may still take audio from here
  int refused_ = 0;
  Time opened_{}, acked_{};
  std::deque<std::shared_ptr<std::string const>> queue_;
};

}  // namespace sotto::app
