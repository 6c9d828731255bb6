#include "adapters/moonshine/moonshine_model.h"

#include <algorithm>
#include <array>
#include <deque>
#include <limits>
#include <optional>
#include <sstream>
#include <utility>

#include <fmt/format.h>

#include "adapters/moonshine/listening.h"

namespace sotto {
namespace {

constexpr std::size_t kSampleRate = 16000;
// The model was trained on whole phrases: shorter audio is filled with silence, or it answers with nothing.
constexpr std::size_t kSamplesMin = kSampleRate;
// Fast speech has 6 tokens a second; a segment of one long word still needs a few.
constexpr std::size_t kTokensBase = 10;
constexpr std::size_t kTokensPerSecond = 7;

// "6.0 5.1 5.5": the layers and heads that follow the sound. False: it is not of that kind.
bool read_following(std::string const& listed, DecoderCaches& caches) {
  std::istringstream in(listed);
  std::size_t layer = 0, head = 0;
  char dot = 0;
  while (in >> layer >> dot >> head) {
    auto const query = fmt::format("query.{}", layer);
    auto const key = std::ranges::find(caches.cross, fmt::format("cross.{}.key", layer));
    if (key == caches.cross.end() || static_cast<std::int64_t>(head) >= caches.heads) return false;
    auto known = std::ranges::find(caches.queries, query);
    if (known == caches.queries.end()) known = caches.queries.insert(known, query);
    caches.following.push_back({.query = static_cast<std::size_t>(known - caches.queries.begin()),
                                .key = static_cast<std::size_t>(key - caches.cross.begin()),
                                .head = head});
  }
  return !caches.following.empty();
}

// None where the graph is not one of models/moonshine.
std::optional<DecoderCaches> caches_of(OnnxSession const& decoder) {
  DecoderCaches caches;
  for (auto const& input : decoder.inputs()) {
    if (input.name.starts_with("cross.")) caches.cross.push_back(input.name);
    if (!input.name.starts_with("past.") || input.shape.size() != 4) continue;
    if (input.shape[0] >= 0) return std::nullopt;  // of an earlier version: one row alone
    caches.past.push_back(input.name);
    caches.present.push_back("present." + input.name.substr(std::string_view("past.").size()));
    caches.heads = input.shape[1];
    caches.head_width = input.shape[3];
  }
  if (!read_following(decoder.property("following"), caches)) return std::nullopt;
  bool const good = !caches.past.empty() && caches.cross.size() == caches.past.size() && caches.heads > 0;
  return good && caches.head_width > 0 ? std::optional(std::move(caches)) : std::nullopt;
}

// Of the logarithms of the probabilities of tokens and of the end behind them, where it was reached.
float mean_of(std::span<TokenScore const> tokens, std::optional<TokenScore> end) {
  auto const count = tokens.size() + (end ? 1 : 0);
  if (count == 0) return -std::numeric_limits<float>::infinity();
  float sum = end ? end->log_probability : 0;
  for (auto const& token : tokens) sum += token.log_probability;
  return sum / static_cast<float>(count);
}

std::vector<HeardWord> heard_words(std::vector<TokenRange> const& words, std::span<TokenScore const> scores) {
  std::vector<HeardWord> heard;
  for (auto const [from, to] : words) {
    WordEvidence evidence{.tokens = static_cast<int>(to - from)};
    for (auto const& score : scores.subspan(from, to - from)) {
      evidence.least = std::min(evidence.least, score.log_probability);
      evidence.sum += score.log_probability;
      evidence.entropy = std::max(evidence.entropy, score.entropy);
    }
    heard.push_back({.evidence = evidence});
  }
  return heard;
}

// `words`: the tokens of each.
void leave_out(std::vector<bool> const& which, std::vector<TokenRange> const& words, Decoding& decoding) {
  for (auto at = words.size(); at-- > 0;) {
    if (!which[at]) continue;
    auto const behind = at + 1 < words.size() ? words[at + 1].from : decoding.tokens.size();
    auto const token = [&](std::size_t place) { return decoding.tokens.begin() + static_cast<std::ptrdiff_t>(place); };
    decoding.tokens.erase(token(words[at].from), token(std::min(behind, decoding.tokens.size())));
    decoding.words.erase(decoding.words.begin() + static_cast<std::ptrdiff_t>(at));
  }
}

}  // namespace

MoonshineModel::MoonshineModel(OnnxSession encoder, OnnxSession decoder, DecoderCaches caches, MoonshineTokens tokens)
    : encoder_(std::move(encoder)),
      decoder_(std::move(decoder)),
      caches_(std::move(caches)),
      tokens_(std::move(tokens)) {}

Result<MoonshineModel> MoonshineModel::load(std::filesystem::path const& folder) {
  auto encoder = OnnxSession::load(folder / "encoder.onnx");
  if (!encoder) return std::unexpected(encoder.error());
  auto decoder = OnnxSession::load(folder / "decoder.onnx");
  if (!decoder) return std::unexpected(decoder.error());
  auto caches = caches_of(*decoder);
  if (!caches) {
    auto constexpr text =
        "The model file {} is not one that `make setup` made. Delete its folder and run `make setup`.";
    return fail("model_broken", fmt::format(text, (folder / "decoder.onnx").string()));
  }
  auto tokens = MoonshineTokens::load(folder / "tokenizer.bin");
  if (!tokens) return std::unexpected(tokens.error());
  return MoonshineModel(std::move(*encoder), std::move(*decoder), std::move(*caches), std::move(*tokens));
}

Result<EncodedSound> MoonshineModel::encode(std::span<float const> audio) const {
  std::vector<float> samples(audio.begin(), audio.end());
  samples.resize(std::max(samples.size(), kSamplesMin));
  std::array const inputs{tensor_over<float>(samples, {1, static_cast<std::int64_t>(samples.size())})};
  std::vector<char const*> names;
  for (auto const& name : caches_.cross) names.push_back(name.c_str());
  auto cross = encoder_.run(std::array{"samples"}, inputs, names);
  if (!cross) return std::unexpected(cross.error());
  return EncodedSound({audio.begin(), audio.end()}, std::move(*cross));
}

Result<Decoding> MoonshineModel::decode(std::span<float const> audio, DecodeHints const& hints) const {
  auto const sound = encode(audio);
  if (!sound) return std::unexpected(sound.error());
  return decode(*sound, hints);
}

Result<Decoding> MoonshineModel::decode(EncodedSound const& sound, DecodeHints const& hints) const {
  return decode_together(std::array{Opinion{*this, sound, 1}}, hints);
}

Result<Decoding> decode_together(std::span<Opinion const> opinions, DecodeHints const& hints) {
  auto const& [first, sound, weight] = opinions.front();
  std::deque<DecoderRows> rows;  // which do not move
  std::vector<Expert> experts;
  for (auto const& [model, heard, share] : opinions) {
    rows.emplace_back(model.decoder_, model.caches_, heard.cross_, hints.times && rows.empty());
  }
  for (std::size_t at = 0; at < rows.size(); ++at) experts.push_back({rows[at], opinions[at].weight});
  auto const samples = sound.audio_.size();
  auto const most = kTokensBase + samples * kTokensPerSecond / kSampleRate;
  auto found = search_text(experts, hints, most, samples);
  if (!found) return std::unexpected(found.error());
  found->scores.resize(found->tokens.size());
  Decoding decoding;
  decoding.hallucination = !found->end;
  decoding.score = mean_of(found->scores, found->end);
  decoding.tokens = std::move(found->tokens);
  decoding.text = first.tokens_.text(decoding.tokens);
  auto const words = first.tokens_.words(decoding.tokens);
  decoding.words = heard_words(words, found->scores);
  if (!hints.times || words.empty()) return decoding;
  auto const way = rows.front().listening(found->asked).way();
  auto const spans = spans_of_words(way, hints.said.size(), words, sound.audio_);
  for (std::size_t at = 0; at < spans.size(); ++at) decoding.words[at].when = spans[at];
  if (auto const nowhere = said_nowhere(spans); std::ranges::find(nowhere, true) != nowhere.end()) {
    leave_out(nowhere, words, decoding);
    decoding.text = first.tokens_.text(decoding.tokens);
  }
  return decoding;
}

}  // namespace sotto
