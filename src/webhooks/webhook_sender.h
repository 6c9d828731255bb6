// Posts what rules asked to be told (ports/webhook_queue.h) to its receivers, on a thread and a loop of its own: a
// receiver that is slow or dead delays no call. At least once: a request is settled after its answer, and what is not
// settled is sent after the next start. Bounds: webhook_lane.h.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "net/loop.h"
#include "ports/webhook_queue.h"
#include "webhooks/webhook_lane.h"
#include "webhooks/webhooks.h"

namespace sotto::app {

class WebhookSender {
 public:
  WebhookSender(std::vector<WebhookTarget> targets, WebhookQueue& queue, Clock const& clock, Metrics& metrics);
  // Posts under way may end, for limits::kWebhookStopGrace at most.
  ~WebhookSender();
  WebhookSender(WebhookSender const&) = delete;
  WebhookSender& operator=(WebhookSender const&) = delete;

  // Calls `visit` with each receiver's name and how many requests are held for it; the number may be read any time.
  template <typename Visit>
  void each(Visit visit) const {
    for (auto const& receiver : receivers_) visit(receiver->target.settings.name, receiver->held);
  }

 private:
  struct Receiver {
    WebhookTarget const target;
    WebhookLane lane;
    std::int64_t fetched = 0;    // sequence of the newest that was taken from the store
    bool failing = false;        // the log has said so
    bool store_failing = false;  // likewise
    std::atomic<std::size_t> held = 0;
  };

  net::asio::awaitable<void> watch();
  net::asio::awaitable<void> finish();
  void fetch(Receiver& receiver);
  void start(Receiver& receiver);
  net::asio::awaitable<void> post(Receiver& receiver, WebhookRequest request);
  void conclude(Receiver& receiver, WebhookRequest const& request, WebhookLane::Ruling ruling, std::string const& why);
  void give_up(Receiver const& receiver, WebhookRequest const& request, int tries, std::string const& why);

  // Given.
  WebhookQueue& queue_;
  Clock const& clock_;
  Metrics& metrics_;
  // Confined to the loop.
  net::Loop loop_;
  std::vector<std::unique_ptr<Receiver>> receivers_;
  int under_way_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace sotto::app
