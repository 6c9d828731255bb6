#include "webhooks/webhooks.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "adapters/openssl/secrets.h"
#include "policy/rules.h"
#include "net/server_address.h"
#include "net/guard.h"
#include "net/url.h"

namespace sotto::app {

namespace {

constexpr std::string_view kSecretPrefix = "whsec_";
constexpr std::size_t kSecretLeast = 24, kSecretMost = 64;  // bytes; Standard Webhooks 1.0.0

// The lines of the secret's place.
Result<std::vector<std::string>> secret_lines(WebhookSettings const& settings) {
  std::string text;
  if (!settings.secret_env.empty()) {
    auto const* value = std::getenv(settings.secret_env.c_str());
    if (value) text = value;
  } else {
    std::ifstream file(settings.secret_file);
    std::stringstream all;
    all << file.rdbuf();
    text = all.str();
  }
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; in >> line;) out.push_back(line);
  if (!out.empty()) return out;
  return fail("bad_config",
              settings.secret_env.empty()
                  ? fmt::format("webhook {}: no secret in {}", settings.name, settings.secret_file)
                  : fmt::format("webhook {}: the environment has no {}", settings.name, settings.secret_env));
}

}  // namespace

std::optional<settings::Complaint> check_webhook(WebhookSettings const& webhook) {
  using settings::Complaint;
  if (!is_webhook_name(webhook.name)) return Complaint{"", "a name has 1 to 40 letters, digits, - and _"};
  auto const url = net::parse_web_url(webhook.url);
  if (!url) return Complaint{"url", url.error().message};
  if (!url->tls && !net::is_loopback(url->host))
    return Complaint{"url", "url must be https://; http:// is for receivers on this machine"};
  if (webhook.secret_file.empty() == webhook.secret_env.empty())
    return Complaint{"", "it needs secret_file or secret_env, and not both"};
  return std::nullopt;
}

std::string origin_of(std::string_view text) {
  auto const url = net::parse_web_url(text);
  return url ? net::to_text(*url) + "/..." : "...";
}

Result<void> check_webhooks(std::vector<WebhookSettings> const& webhooks) {
  if (auto const targets = targets_of(webhooks); !targets) return std::unexpected(targets.error());
  return {};
}

std::string why_no_webhook(std::vector<WebhookSettings> const& webhooks, std::string_view name,
                           std::string_view tenant) {
  auto const found = std::ranges::find(webhooks, name, &WebhookSettings::name);
  if (found == webhooks.end()) return fmt::format("webhook {} is not in the server's configuration", name);
  if (found->tenants.empty() || std::ranges::find(found->tenants, tenant) != found->tenants.end()) return "";
  return fmt::format("webhook {} is not for tenant {} in the server's configuration", name, tenant);
}

Result<WebhookTarget> target_of(WebhookSettings const& settings) {
  auto const url = net::parse_web_url(settings.url);
  if (!url) return std::unexpected(url.error());
  WebhookTarget out{.settings = settings, .secrets = {}};
  auto const lines = secret_lines(settings);
  if (!lines) return std::unexpected(lines.error());
  for (auto const& line : *lines) {
    auto secret = line.starts_with(kSecretPrefix) ? from_base64(line.substr(kSecretPrefix.size())) : std::nullopt;
    if (!secret || secret->size() < kSecretLeast || secret->size() > kSecretMost) {
      return fail("bad_config", fmt::format("webhook {}: its secret must be {} and {} to {} bytes in base64, such as "
                                            "the output of `echo whsec_$(openssl rand -base64 32)`",
                                            settings.name, kSecretPrefix, kSecretLeast, kSecretMost));
    }
    out.secrets.push_back(std::move(*secret));
  }
  if (url->tls) {
    if (auto const trust = net::trust_authorities(settings.authorities); !trust)
      return fail("bad_config", fmt::format("webhook {}: {}", settings.name, trust.error().message));
  }
  return out;
}

Result<std::vector<WebhookTarget>> targets_of(std::vector<WebhookSettings> const& webhooks) {
  std::vector<WebhookTarget> out;
  for (auto const& settings : webhooks) {
    auto target = target_of(settings);
    if (!target) return std::unexpected(target.error());
    out.push_back(std::move(*target));
  }
  return out;
}

}  // namespace sotto::app
