#include "app/webhooks.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "app/secrets.h"
#include "app/settings_map.h"
#include "call/policy.h"
#include "net/guard.h"
#include "net/post.h"

namespace sotto::app {

namespace {

constexpr std::string_view kSecretPrefix = "whsec_";
constexpr std::size_t kSecretLeast = 24, kSecretMost = 64;  // bytes; Standard Webhooks 1.0.0

WebhookSettings read_webhook(YAML::Node const& key, YAML::Node const& node) {
  WebhookSettings out{.name = key.as<std::string>("")};
  if (!is_webhook_name(out.name)) complain(key, "webhooks: a name has 1 to 40 letters, digits, - and _");
  auto const what = "webhook " + out.name;
  read_map(node, what,
           {{"url", into(out.url)},
            {"secret_file", into(out.secret_file)},
            {"secret_env", into(out.secret_env)},
            {"tenants", into(out.tenants)},
            {"words", into(out.words)},
            {"authorities", into(out.authorities)}});
  auto const url = net::parse_web_url(out.url);
  if (!url) complain(node["url"] ? node["url"] : node, what + ": " + url.error().message);
  if (!url->first.tls && !net::is_loopback(url->first.host))
    complain(node["url"], what + ": url must be https://; http:// is for receivers on this machine");
  if (out.secret_file.empty() == out.secret_env.empty())
    complain(node, what + ": it needs secret_file or secret_env, and not both");
  if (node["tenants"] && out.tenants.empty())
    complain(node["tenants"], what + ": tenants names at least one; without it every tenant may use it");
  return out;
}

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

std::vector<WebhookSettings> read_webhooks(YAML::Node const& node) {
  if (!node.IsMap()) complain(node, "webhooks: expected `name: { url: .., secret_file: .. }`");
  std::vector<WebhookSettings> out;
  for (auto const& entry : node) {
    out.push_back(read_webhook(entry.first, entry.second));
    if (std::ranges::count(out, out.back().name, &WebhookSettings::name) > 1)
      complain(entry.first, fmt::format("two webhooks are called \"{}\"", out.back().name));
  }
  return out;
}

Result<void> check_webhooks(std::vector<WebhookSettings> const& webhooks) {
  if (auto const targets = targets_of(webhooks); !targets) return std::unexpected(targets.error());
  return {};
}

std::string print_webhooks(std::vector<WebhookSettings> const& webhooks) {
  std::string out = "{";
  for (auto const& one : webhooks) {
    auto const url = net::parse_web_url(one.url);
    auto const origin = url ? fmt::format("{}://{}", url->first.tls ? "https" : "http", net::host_of(url->first)) : "";
    out += fmt::format("{}{}: {{url: \"{}/...\", secret: \"(set)\", tenants: [{}], words: {}, authorities: \"{}\"}}",
                       out.size() > 1 ? ", " : "", one.name, origin, fmt::join(one.tenants, ", "), one.words,
                       one.authorities);
  }
  return out + "}";
}

std::string why_no_webhook(std::vector<WebhookSettings> const& webhooks, std::string_view name,
                           std::string_view tenant) {
  auto const found = std::ranges::find(webhooks, name, &WebhookSettings::name);
  if (found == webhooks.end()) return fmt::format("webhook {} is not in the server's configuration", name);
  if (found->tenants.empty() || std::ranges::find(found->tenants, tenant) != found->tenants.end()) return "";
  return fmt::format("webhook {} is not for tenant {} in the server's configuration", name, tenant);
}

Result<WebhookTarget> target_of(WebhookSettings const& settings) {
  auto url = net::parse_web_url(settings.url);
  if (!url) return std::unexpected(url.error());
  WebhookTarget out{.settings = settings, .address = url->first, .path = url->second, .secrets = {}};
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
  if (out.address.tls) {
    auto trust = net::trust_authorities(settings.authorities);
    if (!trust) return fail("bad_config", fmt::format("webhook {}: {}", settings.name, trust.error().message));
    out.address.trust = std::move(*trust);
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
