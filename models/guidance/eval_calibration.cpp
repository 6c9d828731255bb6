// calibration: whether the confidence behind a cue is the share of such cues that are right. Callers' words with a
// label (natcs: insurance, finance) are said to a tenant who wrote eight examples of each intent, once as intents and
// once as said-like rules; the rest is judged. Knowledge answers: the demo tenant's articles and the questions of
// bench/knowledge_questions.yaml. Confidence: `because.score` of the cue. Prints `ece`, the expected calibration error
// over ten bins (Guo et al. 2017), of each kind and of all, and on stderr the bins. The logistic of said-like scores
// that stands in guidance.cpp is fitted here on the finance set with other examples (--fit prints it) and measured on
// insurance and on the other half of finance.
#include <array>
#include <cstring>
#include <fstream>
#include <map>
#include <random>

#include <boost/json.hpp>
#include <spdlog/spdlog.h>
#include <yaml-cpp/yaml.h>

#include "base/json.h"
#include "guidance_eval.h"

using namespace sotto;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t kExamples = 8, kBins = 10;

struct Judged {
  double confidence = 0;
  bool right = false;
};
struct Said {
  std::string text, label;
};

std::vector<Said> read_said(char const* file) {
  std::vector<Said> out;
  std::ifstream in(eval::data() / "natcs_dstc11" / file);
  for (std::string line; std::getline(in, line);) {
    auto const row = parse_object(line).value();
    out.push_back({get_string(row, "utterance"), get_string(row, "intent")});
  }
  std::mt19937 random(7);
  for (std::size_t i = out.size(); i > 1; --i) std::swap(out[i - 1], out[random() % i]);
  return out;
}

std::string quoted(std::string const& text) { return boost::json::serialize(boost::json::value(text)); }

// Takes the examples of each label out of `said`.
void write_tenant(fs::path const& folder, std::vector<Said>& said, bool intents) {
  std::map<std::string, std::vector<std::string>> examples;
  std::vector<Said> rest;
  for (auto const& one : said) {
    auto& taken = examples[one.label];
    if (taken.size() < kExamples) taken.push_back(one.text);
    else rest.push_back(one);
  }
  fs::create_directories(folder);
  std::ofstream out(folder / "rules.yaml");
  for (auto const& [label, texts] : examples) {
    std::string list;
    for (auto const& text : texts) list += (list.empty() ? "" : ", ") + quoted(text);
    if (intents) out << fmt::format("- intent: {}\n  examples: [ {} ]\n", label, list);
    out << fmt::format("- id: {}\n  when: {{ speaker: customer, {} }}\n", label,
                       intents ? "intent: " + label : fmt::format("said_like: [ {} ]", list))
        << "  then:\n    cue: { kind: say, headline: \"Say it\", body: \"This.\" }\n";
  }
  said = std::move(rest);
}

// A call for each utterance; without the budget, so that every cue is seen.
void play(app::CallReplayRoom& room, std::string const& tenant, std::vector<Said> const& said,
          std::vector<Judged>& out) {
  for (auto const& one : said) {
    app::CallReplay call_replay(room, eval::call("calibration", tenant), {.budget = false});
    for (auto const& [at_ms, what] : call_replay.say(Track::customer, one.text, 1000)) {
      if (auto const* cue = std::get_if<Cue>(&what)) out.push_back({cue->because.score, cue->policy == one.label});
    }
  }
}

void play_questions(app::CallReplayRoom& room, char const* file, std::vector<Judged>& out) {
  for (auto const& entry : YAML::LoadFile(file)) {
    auto const question = entry["ask"].as<std::string>(), expected = entry["answer"].as<std::string>();
    app::CallReplay call_replay(room, eval::call("calibration", "demo"), {.budget = false});
    for (auto const& [at_ms, what] : call_replay.say(Track::customer, question, 1000)) {
      auto const* cue = std::get_if<Cue>(&what);
      if (!cue || cue->because.trigger != "knowledge" || !cue->source) continue;
      auto const given = cue->source->file + "#" + cue->source->heading;
      out.push_back({cue->because.score, given == expected || cue->source->file == expected});
    }
  }
}

double calibration_error(std::vector<Judged> const& all, std::vector<std::size_t> const& sample) {
  std::array<double, kBins> off{};
  for (auto const i : sample)
    off[std::min(kBins - 1, static_cast<std::size_t>(all[i].confidence * kBins))] += all[i].confidence - all[i].right;
  double sum = 0;
  for (double const bin : off) sum += std::abs(bin);
  return sum / static_cast<double>(sample.size());
}

void print(char const* kind, std::vector<Judged> const& all) {
  std::array<double, kBins> count{}, said{}, right{};
  for (auto const& one : all) {
    auto const bin = std::min(kBins - 1, static_cast<std::size_t>(one.confidence * kBins));
    count[bin] += 1;
    said[bin] += one.confidence;
    right[bin] += one.right;
  }
  double off = 0, hits = 0;
  for (std::size_t bin = 0; bin < kBins; ++bin) {
    off += std::abs(said[bin] - right[bin]);
    hits += right[bin];
    if (count[bin] > 0)
      fmt::print(stderr, "{} {:.1f}: {:4.0f} cues, confidence {:.3f}, right {:.3f}\n", kind,
                 static_cast<double>(bin) / kBins, count[bin], said[bin] / count[bin], right[bin] / count[bin]);
  }
  auto const n = static_cast<double>(std::max<std::size_t>(all.size(), 1));
  eval::print_value(
      "calibration", "ece", off / n, "share", all.size(), 0.08, 0.05,
      fmt::format(R"(,"kind":"{}","right":{:.3f}{})", kind, hits / n,
                  eval::bootstrapped(all.size(), [&](auto const& s) { return calibration_error(all, s); })));
}

// Newton's steps of a logistic regression on the score: slope and middle.
void fit(std::vector<Judged> all) {
  // Back to the cosine.
  for (auto& one : all)
    one.confidence =
        guidance::kSaidLikeMiddle + std::log(one.confidence / (1 - one.confidence)) / guidance::kSaidLikeSlope;
  double a = 0, b = 0;
  for (int step = 0; step < 40; ++step) {
    double ga = 0, gb = 0, haa = 1e-6, hab = 0, hbb = 1e-6;
    for (auto const& one : all) {
      double const p = 1 / (1 + std::exp(-(a * one.confidence + b))), w = p * (1 - p), off = one.right - p;
      ga += off * one.confidence, gb += off;
      haa += w * one.confidence * one.confidence, hab += w * one.confidence, hbb += w;
    }
    double const det = haa * hbb - hab * hab;
    a += (hbb * ga - hab * gb) / det, b += (haa * gb - hab * ga) / det;
  }
  fmt::print("said_like of {} cues: slope {:.2f}, middle {:.3f}\n", all.size(), a, -b / a);
}

}  // namespace

int main(int argc, char** argv) {
  spdlog::set_level(spdlog::level::warn);
  bool const fitting = argc > 1 && std::strcmp(argv[1], "--fit") == 0;
  auto const folder = fs::temp_directory_path() / fmt::format("sotto-eval-calibration-{}", std::random_device{}());
  // Fitted on the first half of finance, judged on the second and on insurance.
  auto const insurance = read_said("insurance_dev_test-utterances.jsonl");
  auto const finance = read_said("finance_test-utterances.jsonl");
  auto const middle = finance.begin() + static_cast<long>(finance.size() / 2);
  std::map<std::string, std::vector<Said>> sets;
  if (fitting) sets = {{"finance", {finance.begin(), middle}}};
  else sets = {{"insurance", insurance}, {"finance", {middle, finance.end()}}};
  std::map<std::string, std::vector<Said>> rest;
  for (auto const& [name, said] : sets) {
    for (auto const* kind : {"intent", "said_like"}) {
      auto const tenant = fmt::format("{}-{}", name, kind);
      rest[tenant] = said;
      write_tenant(folder / tenant, rest[tenant], std::strcmp(kind, "intent") == 0);
    }
  }
  auto const room = eval::room(folder, folder / "none");
  std::map<std::string, std::vector<Judged>> judged;
  for (auto const& [tenant, said] : rest) play(*room, tenant, said, judged[tenant.substr(tenant.find('-') + 1)]);
  fs::remove_all(folder);
  if (fitting) {
    fit(judged["said_like"]);
    return 0;
  }
  auto const demo = eval::room("config/policies", "config/knowledge");
  play_questions(*demo, "bench/knowledge_questions.yaml", judged["knowledge"]);
  std::vector<Judged> all;
  for (auto const& [kind, of_kind] : judged) {
    print(kind.c_str(), of_kind);
    all.insert(all.end(), of_kind.begin(), of_kind.end());
  }
  print("all", all);
}
