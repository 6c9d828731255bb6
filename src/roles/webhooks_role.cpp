// The role webhooks: what rules asked to be told to other systems is told.
#include "roles/makers.h"
#include "roles/process_gauges.h"
#include "webhooks/webhook_sender.h"

namespace sotto::app {

namespace {

class WebhooksService final : public Service {
 public:
  WebhooksService(Parts& parts, std::vector<WebhookTarget> targets) : parts_(parts), targets_(std::move(targets)) {}

  Result<void> start() override {
    sender_.emplace(std::move(targets_), *parts_.log, parts_.clock, parts_.metrics);
    add_webhook_gauges(parts_, *sender_);
    return {};
  }

 private:
  Parts& parts_;
  std::vector<WebhookTarget> targets_;
  std::optional<WebhookSender> sender_;
};

}  // namespace

Made make_webhooks(Parts& parts) {
  auto targets = targets_of(parts.config.webhooks);
  if (!targets) return std::unexpected(targets.error());
  return std::make_unique<WebhooksService>(parts, std::move(*targets));
}

}  // namespace sotto::app
