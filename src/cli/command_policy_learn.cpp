#include <algorithm>
#include <fstream>

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

#include "adapters/files/file_bytes.h"
#include "adapters/minilm/sentence_encoder.h"
#include "adapters/openssl/secrets.h"
#include "aftercall/replies.h"
#include "base/json.h"
#include "cli/commands.h"
#include "client/stored_calls.h"
#include "library/library.h"
#include "net/url.h"
#include "live/orchestrator/orchestrator.h"

namespace sotto::app {

namespace fs = std::filesystem;

namespace {

int failed(std::string const& reason) {
  fmt::print(stderr, "sotto policy learn: {}\n", reason);
  return 1;
}

struct PastCalls {
  std::size_t calls = 0;
  std::vector<aftercall::Exchange> exchanges;
};

Result<PastCalls> past_calls(net::ServerAddress const& server, std::string const& tenant) {
  PastCalls out;
  std::string next;
  do {
    std::vector<std::pair<std::string, std::string>> wanted{{"tenant", tenant}, {"state", "ended"}};
    if (!next.empty()) wanted.emplace_back("cursor", next);
    auto const page = ask_server(server, {"v1", "calls"}, net::query_of(wanted));
    if (!page) return std::unexpected(page.error());
    auto const* calls = get_array(*page, "calls");
    if (!calls) return fail("refused", "the server's answer cannot be read");
    for (auto const& value : *calls) {
      auto const& call = value.get_object();
      if (get_bool(call, "erased") || call.contains("damaged")) continue;
      auto const fetched = fetch_call(server, get_string(call, "call"));
      if (!fetched) return std::unexpected(fetched.error());
      ++out.calls;
      std::ranges::move(aftercall::exchanges_of(fetched->events), std::back_inserter(out.exchanges));
    }
    next = get_string(*page, "next");
  } while (!next.empty());
  return out;
}

// Examples of the tenant's rules and intents that listen to the customer, with the rule's id.
std::vector<std::pair<std::string, std::string>> watched(TenantFiles const& tenant) {
  std::vector<std::pair<std::string, std::string>> out;
  for (auto const& [scope, rules] : tenant.scopes) {
    for (auto const& rule : rules) {
      for_each_spoken(rule, [&](Spoken const& spoken) {
        if (spoken.speaker == Track::agent) return;
        for (auto const& trigger : spoken.triggers) {
          if (trigger.kind != SpokenTrigger::Kind::said_like) continue;
          for (auto const& example : trigger.patterns) out.emplace_back(example, rule.id);
        }
      });
    }
  }
  for (auto const& intent : tenant.intents) {
    for (auto const& example : intent.examples) out.emplace_back(example, "intent " + intent.name);
  }
  return out;
}

double cosine(std::vector<float> const& one, std::vector<float> const& other) {
  double sum = 0;
  for (std::size_t i = 0; i < one.size(); ++i) sum += one[i] * other[i];
  return sum;
}

// A JSON string is a YAML string.
std::string quoted(std::string const& text) { return boost::json::serialize(boost::json::value(text)); }

std::string rule_of(aftercall::LearnedReply const& learned) {
  std::string examples;
  for (auto const& example : learned.customer)
    examples += fmt::format("{}\n        {}", examples.empty() ? "" : ",", quoted(example));
  return fmt::format(
      "- id: learned.{}   # {} calls, {} agents, their answers {:.2f} alike\n"
      "  when:\n    speaker: customer\n    said_like: [{} ]\n"
      "  then: {{ cue: {{ kind: say, headline: \"What colleagues answered\", body: {} }} }}\n"
      "  limits: {{ per_call: 1 }}\n\n",
      digest(learned.customer.front()).substr(0, 8), learned.calls, learned.agents, learned.agreement, examples,
      quoted(learned.reply));
}

class Writer {
 public:
  Writer(SentenceEncoder const& encoder, TenantFiles const& tenant) : encoder_(encoder) {
    for (auto& [example, rule] : watched(tenant)) {
      if (auto meaning = encoder_.meaning_of(example)) watched_.emplace_back(std::move(*meaning), std::move(rule));
    }
  }

  // The rules as text; what is watched for already is told and left out.
  Result<std::string> rules(std::vector<aftercall::LearnedReply> const& learned) {
    std::string out;
    for (auto const& reply : learned) {
      auto const meaning = encoder_.meaning_of(reply.customer.front());
      if (!meaning) return std::unexpected(meaning.error());
      auto const known = std::ranges::find_if(watched_, [&](auto const& entry) {
        return cosine(entry.first, *meaning) >= orchestrator::kSaidLikeThreshold;
      });
      if (known == watched_.end()) {
        out += rule_of(reply);
        ++written_;
      } else {
        fmt::print("Left out, {} listens already: \"{}\"\n", known->second, reply.customer.front());
      }
    }
    return out;
  }
  std::size_t written() const { return written_; }

 private:
  SentenceEncoder const& encoder_;
  std::vector<std::pair<std::vector<float>, std::string>> watched_;
  std::size_t written_ = 0;
};

}  // namespace

int run_policy_learn(PolicyCommand const& command, net::ServerAddress const& server, std::string const& tenant,
                     std::size_t least_calls, fs::path const& out) {
  std::error_code ignored;
  if (out.empty()) return failed("--out names no file");
  if (fs::exists(out, ignored)) return failed(fmt::format("{} is there already", shown_path(out)));
  auto past = past_calls(server, tenant);
  if (!past) return failed(past.error().message);
  if (past->exchanges.empty())
    return failed(
        fmt::format("tenant {} has {} past calls, and no customer's turn with an answer in them", tenant, past->calls));
  auto const encoder = SentenceEncoder::load(command.models / "minilm");
  if (!encoder) return failed(encoder.error().message);
  for (auto& exchange : past->exchanges) {
    auto customer = encoder->encode(exchange.customer), reply = encoder->encode(exchange.reply);
    if (!customer || !reply) return failed((customer ? reply : customer).error().message);
    exchange.customer_vector = std::move(*customer);
    exchange.reply_vector = std::move(*reply);
  }
  auto const learned = aftercall::learn_replies(past->exchanges, least_calls);
  Writer writer(*encoder, read_tenant(command.policies / tenant, fs::path()));
  auto const rules = writer.rules(learned);
  if (!rules) return failed(rules.error().message);
  fmt::print("{} calls of {}, {} answers, {} given in {} calls or more\n", past->calls, tenant, past->exchanges.size(),
             learned.size(), least_calls);
  if (writer.written() == 0) return failed("nothing new was found; no file was written");
  std::ofstream file(out);
  file << fmt::format(
      "# What agents of {} answered again and again, out of {} past calls (sotto policy learn).\n"
      "# Read each rule, change it or take it out, give it an owner, and try it: sotto policy test.\n\n{}",
      tenant, past->calls, *rules);
  file.close();
  if (!file) return failed(fmt::format("{} cannot be written", out.string()));
  fmt::print("{} rules written to {}: read them before you put them into the tenant's folder\n", writer.written(),
             out.string());
  return 0;
}

}  // namespace sotto::app
