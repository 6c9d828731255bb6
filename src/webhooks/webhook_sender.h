// Posts what rules asked to be told (events sotto.webhook.requested) to its receivers, on a thread and a loop of its
// own: a receiver that is slow or dead delays no call. Each receiver is a consumer of the log, "webhook/NAME", with a
// place of its own. At least once: a request is settled after its answer, and what is not settled is sent after the
// next start. Bounds: webhook_lane.h.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "net/http_client.h"
#include "net/loop.h"
#include "ports/call_log.h"
#include "webhooks/webhook_lane.h"
#include "webhooks/webhooks.h"

namespace sotto::app {

class WebhookSender {
 public:
  WebhookSender(std::vector<WebhookTarget> targets, CallLog& log, Clock const& clock, Metrics& metrics);
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
    std::string const consumer;
    WebhookLane lane;
    std::int64_t seen = 0;       // the newest place that the log has told of
    std::int64_t assigned = 0;   // up to here, each place is settled with some request
    int foreign = 0;             // requests to others behind `assigned`
    bool failing = false;        // the log has said so
    bool store_failing = false;  // likewise
    std::atomic<std::size_t> held = 0;
  };
  // Where answers of the call log find this loop; null: it is gone.
  struct Link {
    Mutex mutex;
    net::Loop* loop GUARDED_BY(mutex) = nullptr;
  };
  template <typename T>
  net::asio::awaitable<Result<T>> ask(std::function<void(Then<T>)> request);

  net::asio::awaitable<void> watch(Receiver& receiver);
  net::asio::awaitable<void> finish();
  net::asio::awaitable<std::size_t> fetch(Receiver& receiver);
  void take_in(Receiver& receiver, Sequenced const& found);
  void pass_over(Receiver& receiver);
  void start(Receiver& receiver);
  net::asio::awaitable<void> post(Receiver& receiver, WebhookRequest request);
  net::asio::awaitable<Result<Event>> read(WebhookRequest const& request);
  net::asio::awaitable<Result<net::ClientAnswer>> send(Receiver const& receiver, Event const& event);
  void conclude(Receiver& receiver, WebhookRequest const& request, Result<net::ClientAnswer> const& answer);
  void settle(Receiver& receiver, WebhookRequest const& request);
  void give_up(Receiver& receiver, WebhookRequest const& request, int tries, std::string const& why);
  net::asio::awaitable<void> warn_of_the_forgotten();

  // Given.
  CallLog& log_;
  Clock const& clock_;
  Metrics& metrics_;
  // Confined to the loop.
  net::Loop loop_;
  net::HttpClient client_{loop_};
  std::shared_ptr<Link> const link_ = std::make_shared<Link>();
  std::vector<std::unique_ptr<Receiver>> receivers_;
  int under_way_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace sotto::app
