// Entities as they are written: presidio_synth (SOTTO_DATA names the data), F2 of each type beside presidio-analyzer in
// the same run. Letters and digits are what is counted, for both alike: those inside spans of the type, found and named
// by the set; precision, recall and F2 are over all sentences of the half.
//   eval_entities [--half even|odd] [--show]      even sentences are for work on the rules, odd ones report
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include <boost/json.hpp>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "eval/figures.h"
#include "language/entities/entities.h"
#include "language/privacy/card_guard.h"

namespace sotto::eval {
namespace {

namespace json = boost::json;

// A kind of ours, what the set and the peer call it, and what counts for nobody: a town found as part of an address is
// no mistake, nor is "Mr." in a name or an age in a date.
struct Type {
  std::string_view name, label, peer;
  std::vector<std::string_view> neutral;
};

std::vector<Type> const types = {{"card", "CREDIT_CARD", "CREDIT_CARD", {}},
                                 {"email", "EMAIL_ADDRESS", "EMAIL_ADDRESS", {}},
                                 {"phone", "PHONE_NUMBER", "PHONE_NUMBER", {}},
                                 {"iban", "IBAN_CODE", "IBAN_CODE", {}},
                                 {"date_time", "DATE_TIME", "DATE_TIME", {"AGE"}},
                                 {"name", "PERSON", "PERSON", {"TITLE"}},
                                 {"address", "STREET_ADDRESS", "LOCATION", {"GPE", "ZIP_CODE"}}};

struct Span {
  std::string type;
  std::size_t first = 0, end = 0;  // code points
};

struct Sentence {
  std::vector<UChar32> text;
  std::vector<Span> spans;
  std::string utf8;
};

struct Counts {
  double both = 0, found = 0, wanted = 0;
  std::size_t spans = 0;

  double precision() const { return found > 0 ? both / found : 0; }
  double recall() const { return wanted > 0 ? both / wanted : 0; }
  double f2() const {
    auto const p = precision(), r = recall();
    return p + r > 0 ? 5 * p * r / (4 * p + r) : 0;
  }
};

std::vector<Sentence> read(std::string const& path) {
  std::ifstream in(path);
  std::string const all((std::istreambuf_iterator<char>(in)), {});
  std::vector<Sentence> out;
  for (auto const& one : json::parse(all).as_array()) {
    Sentence sentence{.utf8 = std::string(one.at("full_text").as_string())};
    auto const size = static_cast<std::int32_t>(sentence.utf8.size());
    for (std::int32_t at = 0; at < size;) {
      UChar32 point = 0;
      U8_NEXT_OR_FFFD(sentence.utf8.data(), at, size, point);
      sentence.text.push_back(point);
    }
    for (auto const& span : one.at("spans").as_array()) {
      sentence.spans.push_back({std::string(span.at("entity_type").as_string()),
                                span.at("start_position").to_number<std::size_t>(),
                                span.at("end_position").to_number<std::size_t>()});
    }
    out.push_back(std::move(sentence));
  }
  return out;
}

struct Word {
  std::string text;
  std::size_t first = 0, end = 0;
};

std::vector<Word> words_of(Sentence const& sentence) {
  std::vector<Word> out;
  bool inside = false;
  std::int32_t at = 0;
  for (std::size_t i = 0; i < sentence.text.size(); ++i) {
    auto const from = at;
    U8_FWD_1(sentence.utf8.data(), at, static_cast<std::int32_t>(sentence.utf8.size()));
    bool const space = u_isUWhiteSpace(sentence.text[i]);
    if (!space) {
      if (!inside) out.push_back({.first = i});
      out.back().text += sentence.utf8.substr(static_cast<std::size_t>(from), static_cast<std::size_t>(at - from));
      out.back().end = i + 1;
    }
    // Which words end a line is written too; the peer sees it as well.
    if (inside && space && !out.empty() && sentence.text[i] == '\n') out.back().text += '\n';
    inside = !space;
  }
  return out;
}

// As in a call: cards are taken out first, what is left is looked through.
std::vector<Span> ours(Sentence const& sentence) {
  auto const words = words_of(sentence);
  std::vector<language::HeardWord> heard;
  for (std::size_t i = 0; i < words.size(); ++i) {
    auto const ms = static_cast<std::int64_t>(i) * 330;
    heard.push_back({words[i].text, ms, ms + 330});
  }
  language::CardGuard guard;
  Time const now{std::chrono::seconds(1'700'000'000)};
  guard.push(0, heard, now);
  guard.settle(0);
  std::vector<Span> out;
  auto const shown = guard.take(0, now);
  if (!shown) return out;
  for (auto const& masked : shown->masked) {
    if (masked.kind == language::MaskedNumber::Kind::card)
      out.push_back({"card", words[masked.first].first, words[masked.last].end});
  }
  for (auto const& entity : language::find_entities(shown->texts)) {
    std::string type = language::name(entity.kind);
    if (type == "date" || type == "time") type = "date_time";
    out.push_back({type, words[entity.first].first, words[entity.last].end});
  }
  return out;
}

struct Peer {
  std::string name;
  std::map<std::size_t, std::vector<Span>> spans;
};

Peer peer(std::string const& path) {
  Peer out;
  if (std::system("models/entities/setup-peer >&2") != 0) return out;
  auto const command = ".cache/presidio/bin/python models/entities/peer.py '" + path + "'";
  auto* const pipe = ::popen(command.c_str(), "r");
  if (!pipe) return out;
  std::array<char, 4096> line{};
  while (std::fgets(line.data(), line.size(), pipe)) {
    boost::system::error_code failed;
    auto const read = json::parse(line.data(), failed);
    if (failed) break;
    if (auto const* name = read.as_object().if_contains("peer")) {
      out.name = name->as_string();
    } else {
      out.spans[read.at("sentence").to_number<std::size_t>()].push_back({std::string(read.at("type").as_string()),
                                                                         read.at("first").to_number<std::size_t>(),
                                                                         read.at("end").to_number<std::size_t>()});
    }
  }
  if (::pclose(pipe) != 0) out = {};
  return out;
}

std::vector<bool> marked(Sentence const& sentence, std::vector<Span> const& spans, std::string_view type) {
  std::vector<bool> out(sentence.text.size());
  for (auto const& span : spans) {
    for (auto i = span.first; span.type == type && i < span.end && i < out.size(); ++i)
      out[i] = u_isalnum(sentence.text[i]);
  }
  return out;
}

void count(Counts& counts, Sentence const& sentence, std::vector<Span> const& found, std::string_view label,
           Type const& type) {
  auto const has = marked(sentence, found, label), wants = marked(sentence, sentence.spans, type.label);
  std::vector<bool> neutral(has.size());
  for (auto const& other : type.neutral) {
    auto const those = marked(sentence, sentence.spans, other);
    for (std::size_t i = 0; i < has.size(); ++i) neutral[i] = neutral[i] || (those[i] && !wants[i]);
  }
  for (std::size_t i = 0; i < has.size(); ++i) {
    if (neutral[i]) continue;
    counts.both += has[i] && wants[i];
    counts.found += has[i];
    counts.wanted += wants[i];
  }
  counts.spans += static_cast<std::size_t>(std::ranges::count(sentence.spans, type.label, &Span::type));
}

std::string excerpt(Sentence const& sentence, std::vector<bool> const& of) {
  std::string out;
  for (std::size_t i = 0; i < of.size(); ++i) {
    bool const joins = i > 0 && i + 1 < of.size() && of[i - 1] && !of[i] && !u_isalnum(sentence.text[i]);
    std::array<char, 5> bytes{};
    std::int32_t n = 0;
    if (of[i] || joins) U8_APPEND_UNSAFE(bytes.data(), n, sentence.text[i]);
    out += bytes.data();
    if (!of[i] && !joins && !out.empty() && out.back() != '|') out += '|';
  }
  std::ranges::replace(out, '\n', '/');
  return out;
}

void show(Sentence const& sentence, std::vector<Span> const& found, Type const& type) {
  auto const has = marked(sentence, found, type.name), wants = marked(sentence, sentence.spans, type.label);
  if (has == wants) return;
  auto line = sentence.utf8;
  std::ranges::replace(line, '\n', '/');
  std::fprintf(stderr, "%s: %s\n   wanted %s\n   got    %s\n", std::string(type.name).c_str(), line.c_str(),
               excerpt(sentence, wants).c_str(), excerpt(sentence, has).c_str());
}

void print(Type const& type, Counts const& mine, Counts const& theirs, std::string const& peer_name,
           std::string const& half) {
  auto const keys = fmt::format(R"(,"unit":"score","n":{},"precision":{:.4f},"recall":{:.4f},"sentences":"{}")",
                                mine.spans, mine.precision(), mine.recall(), half);
  auto const beside =
      peer_name.empty()
          ? std::string()
          : fmt::format(R"(,"peer":"{}","peer_value":{:.4f},"peer_precision":{:.4f},)"
                        R"("peer_recall":{:.4f},"ratio":{:.3f},"floor":{:.4f},"aim":{:.4f})",
                        peer_name, theirs.f2(), theirs.precision(), theirs.recall(),
                        theirs.f2() > 0 ? mine.f2() / theirs.f2() : 0.0, theirs.f2(), std::min(1.0, theirs.f2() + 0.1));
  fmt::print(R"({{"bench":"entities","figure":"f2","type":"{}","value":{:.4f}{}{}}})"
             "\n",
             type.name, mine.f2(), keys, beside);
}

int run(int argc, char** argv) {
  std::string half = "odd";
  bool shows = false;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--half") == 0 && i + 1 < argc) half = argv[++i];
    else if (std::strcmp(argv[i], "--show") == 0) shows = true;
  }
  auto const path = (data() / "presidio_synth" / "synth_dataset_v2.json").string();
  auto const sentences = read(path);
  auto const theirs = shows ? Peer() : peer(path);
  if (theirs.name.empty() && !shows) std::fputs("the peer cannot be had here: without it\n", stderr);
  std::set<std::string> unknown;
  std::map<std::string_view, std::pair<Counts, Counts>> counts;
  for (std::size_t n = half == "odd" ? 1 : 0; n < sentences.size(); n += 2) {
    auto const found = ours(sentences[n]);
    auto const other = theirs.spans.contains(n) ? theirs.spans.at(n) : std::vector<Span>();
    for (auto const& type : types) {
      count(counts[type.name].first, sentences[n], found, type.name, type);
      count(counts[type.name].second, sentences[n], other, type.peer, type);
      if (shows) show(sentences[n], found, type);
    }
    for (auto const& span : sentences[n].spans) {
      if (std::ranges::none_of(types, [&](Type const& type) { return type.label == span.type; }))
        unknown.insert(span.type);
    }
  }
  for (auto const& type : types) print(type, counts[type.name].first, counts[type.name].second, theirs.name, half);
  std::string none;
  for (auto const& label : unknown) none += (none.empty() ? "\"" : ",\"") + label + "\"";
  fmt::print(R"({{"bench":"entities","figure":"labels of the set without a kind of ours","labels":[{}]}})"
             "\n",
             none);
  return 0;
}

}  // namespace
}  // namespace sotto::eval

int main(int argc, char** argv) { return sotto::eval::run(argc, argv); }
