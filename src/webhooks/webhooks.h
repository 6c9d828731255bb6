// Which systems a policy may have told: settings, checks, and what is needed to reach them (docs/webhooks.md).
//
//   webhooks:
//     crm:
//       url: https://crm.example.com/hooks/sotto
//       secret_file: /etc/sotto/crm.secret    # or secret_env: NAME
//       tenants: [bank]                       # whose policies may name it; without: every tenant's
//       words: true                           # the words that fired the rule are sent too; default: they are not
//       authorities: /etc/sotto/ca.pem        # certificates to trust instead of the system's
//
// The secret is `whsec_` and 24 to 64 bytes in base64 (Standard Webhooks 1.0.0). A file may hold several, a line each:
// each signs, so that a receiver can change from one to the other.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/fields_yaml.h"

namespace sotto::app {

struct WebhookSettings {
  std::string name;
  std::string url;                      // its path may be a secret: never printed, never logged
  std::string secret_file, secret_env;  // exactly one
  std::vector<std::string> tenants;
  bool words = false;
  std::string authorities;
};

// What no rule of a single field says.
std::optional<settings::Complaint> check_webhook(WebhookSettings const& webhook);
// The address without what may be a secret in it.
std::string origin_of(std::string_view url);
// Secrets and authorities that cannot be read. Error bad_config; names the place, never the secret.
Result<void> check_webhooks(std::vector<WebhookSettings> const& webhooks);
// Why a policy of `tenant` cannot have `name` told; empty: it can.
std::string why_no_webhook(std::vector<WebhookSettings> const& webhooks, std::string_view name,
                           std::string_view tenant);

// A receiver, ready to be posted to.
struct WebhookTarget {
  WebhookSettings settings;
  std::vector<std::string> secrets;  // bytes
};
Result<WebhookTarget> target_of(WebhookSettings const& settings);
Result<std::vector<WebhookTarget>> targets_of(std::vector<WebhookSettings> const& webhooks);

}  // namespace sotto::app

namespace sotto {

template <>
struct Fields<app::WebhookSettings> {
  using T = app::WebhookSettings;
  static constexpr std::string_view title = "webhook";
  static constexpr bool keyed = true;
  static constexpr auto list = std::tuple(
      field("name", &T::name, {.text = "what policies call it", .unique = true}),
      field("url", &T::url,
            {.text = "https://, or http:// to this machine; its path may be a secret",
             .identity = true,
             .shown = app::origin_of}),
      field("secret_file", &T::secret_file, {.text = "the file with its secrets, a line each"}),
      field("secret_env", &T::secret_env, {.text = "the variable of the environment that holds its secret"}),
      field("tenants", &T::tenants, {.text = "whose policies may name it; without: every tenant's", .least = 1}),
      field("words", &T::words, {.text = "the words that fired the rule are sent too"}),
      field("authorities", &T::authorities, {.text = "a file of certificates to trust instead of the system's"}));
  static std::optional<settings::Complaint> check(T const& webhook) { return app::check_webhook(webhook); }
};

}  // namespace sotto
