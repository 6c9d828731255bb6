#include "adapters/moonshine/moonshine_model.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
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

// The same tensor, whose memory stays the other's.
Ort::Value view_of(Ort::Value const& tensor) {
  auto const shape = tensor.GetTensorTypeAndShapeInfo().GetShape();
  auto const count = tensor.GetTensorTypeAndShapeInfo().GetElementCount();
  auto* data = const_cast<float*>(tensor.GetTensorData<float>());  // inputs are only read
  return Ort::Value::CreateTensor<float>(tensor.GetTensorMemoryInfo(), data, count, shape.data(), shape.size());
}

// The first `keep` positions of a cache tensor.
Ort::Value shortened(Ort::Value const& cache, std::int64_t keep) {
  auto shape = cache.GetTensorTypeAndShapeInfo().GetShape();
  auto const heads = shape[1], length = shape[2], width = shape[3];
  shape[2] = keep;
  Ort::AllocatorWithDefaultOptions allocator;
  auto cut = Ort::Value::CreateTensor<float>(allocator, shape.data(), shape.size());
  auto const* from = cache.GetTensorData<float>();
  auto* to = cut.GetTensorMutableData<float>();
  for (std::int64_t head = 0; head < heads; ++head) {
    std::copy_n(from + head * length * width, keep * width, to + head * keep * width);
  }
  return cut;
}

std::vector<char const*> pointers(std::vector<char const*> first, std::vector<std::string> const& more) {
  std::ranges::transform(more, std::back_inserter(first), [](std::string const& name) { return name.c_str(); });
  return first;
}

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
    caches.past.push_back(input.name);
    caches.present.push_back("present." + input.name.substr(std::string_view("past.").size()));
    caches.heads = input.shape[1];
    caches.head_width = input.shape[3];
  }
  if (!read_following(decoder.property("following"), caches)) return std::nullopt;
  bool const good = !caches.past.empty() && caches.cross.size() == caches.past.size() && caches.heads > 0;
  return good && caches.head_width > 0 ? std::optional(std::move(caches)) : std::nullopt;
}

Token best_of(std::span<float const> logits, std::vector<bool> const& only) {
  Token best = MoonshineTokens::end;
  for (std::size_t token = 0; token < only.size(); ++token) {
    if (only[token] && logits[token] > logits[static_cast<std::size_t>(best)]) best = static_cast<Token>(token);
  }
  return best;
}

// Of the logarithms of the probabilities of tokens and of the end behind them, where it was reached.
float mean_of(std::span<TokenScore const> tokens, std::optional<TokenScore> end) {
  auto const count = tokens.size() + (end ? 1 : 0);
  if (count == 0) return -std::numeric_limits<float>::infinity();
  float sum = end ? end->log_probability : 0;
  for (auto const& token : tokens) sum += token.log_probability;
  return sum / static_cast<float>(count);
}

// What an earlier hypothesis has behind this token, which stands near its beginning: the words there may be right
// again.
std::optional<std::span<Token const>> behind_token(std::span<Token const> hypothesis, Token token) {
  constexpr std::size_t near = 6;
  auto const beginning = hypothesis.first(std::min(near, hypothesis.size()));
  auto const found = std::ranges::find(beginning, token);
  if (found == beginning.end()) return std::nullopt;
  return hypothesis.subspan(static_cast<std::size_t>(found - beginning.begin()) + 1);
}

// One decoding: the decoder over one encoded segment, with its cache. Lives on the stack of decode().
class DecoderRun {
 public:
  // `cross`: the tensors of caches.cross, which outlive it.
  DecoderRun(OnnxSession const& decoder, DecoderCaches const& caches, std::span<Ort::Value const> cross,
             DecodeHints const& hints)
      : decoder_(decoder),
        caches_(caches),
        input_names_(pointers(pointers({"ids", "logits_from"}, caches.cross), caches.past)),
        output_names_(pointers({"logits"}, caches.present)),
        first_past_(kOwnInputs + cross.size()),
        bias_(hints.keyterms),
        only_(hints.only),
        asked_(hints.times ? caches.queries.size() : 0) {
    if (hints.times) output_names_ = pointers(std::move(output_names_), caches.queries);
    inputs_.push_back(tensor_over<Token>(std::span<Token>(&nothing_id_, 1), {1, 1}));
    inputs_.push_back(tensor_over<std::int64_t>(std::span<std::int64_t>(&logits_from_, 1), {1}));
    std::ranges::transform(cross, std::back_inserter(inputs_), view_of);
    for (std::size_t index = 0; index < caches.past.size(); ++index) {
      inputs_.push_back(tensor_over<float>(std::span<float>(&nothing_, 0), {1, caches.heads, 0, caches.head_width}));
    }
  }

  // Start and what was said, and a guess at what follows: see go_on().
  Result<std::size_t> begin(std::span<Token const> said, std::span<Token const> guess, float doubt) {
    std::vector<Token> sure{MoonshineTokens::start};
    sure.insert(sure.end(), said.begin(), said.end());
    for (auto const token : said) bias_.follow(token);
    return run_over(sure, guess, doubt);
  }

  // The next token, and a guess at what follows it, in one pass: the number of guessed tokens that the model agrees
  // with, or prefers another to by less than `doubt` (difference of logits). What follows them is in next().
  Result<std::size_t> go_on(std::span<Token const> guess, float doubt) {
    auto const token = next_;
    take(token);
    return run_over(std::span(&token, 1), guess, doubt);
  }

  Token next() const { return next_; }
  // Of the tokens behind `said`, the next one not among them.
  std::span<TokenScore const> scores() const { return scores_; }
  TokenScore next_score() const { return next_score_; }

  // See Listening; needs DecodeHints::times.
  Listening listening() const {
    auto const& keys = inputs_[kOwnInputs + caches_.following.front().key];
    auto const frames = static_cast<std::size_t>(keys.GetTensorTypeAndShapeInfo().GetShape()[2]);
    auto const width = static_cast<std::size_t>(caches_.head_width);
    auto const stride = width * static_cast<std::size_t>(caches_.heads);
    Listening out(asked_.front().size() / stride, frames);
    for (auto const& [query, key, head] : caches_.following) {
      auto const* of_head = inputs_[kOwnInputs + key].GetTensorData<float>() + head * frames * width;
      out.add(std::span(asked_[query]).subspan(head * width), stride, {of_head, frames * width}, width);
    }
    return out;
  }

 private:
  Result<std::size_t> run_over(std::span<Token const> sure, std::span<Token const> guess, float doubt) {
    std::vector<Token> ids(sure.begin(), sure.end());
    ids.insert(ids.end(), guess.begin(), guess.end());
    auto const ran = run(ids, sure.size() - 1);
    if (!ran) return std::unexpected(ran.error());
    positions_ += sure.size();
    for (std::size_t agreed = 0;; ++agreed) {
      auto const logits = row(*ran, agreed);
      choose(logits);
      if (agreed == guess.size()) return agreed;
      auto const token = guess[agreed];
      bool const keeps = next_ == token || bias_.value(logits, next_) - bias_.value(logits, token) < doubt;
      if (!keeps) {
        keep_positions();
        return agreed;
      }
      if (next_ != token) next_score_ = score_of(logits, static_cast<std::size_t>(token));
      take(token);
      ++positions_;
    }
  }

  // What was guessed wrong is forgotten.
  void keep_positions() {
    for (auto& asked : asked_) asked.resize(positions_ * static_cast<std::size_t>(caches_.heads * caches_.head_width));
    for (auto& past : std::span(inputs_).subspan(first_past_)) {
      past = shortened(past, static_cast<std::int64_t>(positions_));
    }
  }

  void choose(std::span<float const> logits) {
    next_ = only_ ? best_of(logits, *only_) : bias_.best(logits);
    next_score_ = score_of(logits, static_cast<std::size_t>(next_));
  }

  void take(Token token) {
    bias_.follow(token);
    scores_.push_back(next_score_);
  }

  // Of [1, rows, words].
  static std::span<float const> row(Ort::Value const& logits, std::size_t index) {
    auto const words = static_cast<std::size_t>(logits.GetTensorTypeAndShapeInfo().GetShape()[2]);
    return {logits.GetTensorData<float>() + index * words, words};
  }

  // The logits after each of `ids` from the place `logits_from` on; the cache goes on behind them.
  Result<Ort::Value> run(std::span<Token> ids, std::size_t logits_from) {
    inputs_[0] = tensor_over<Token>(ids, {1, static_cast<std::int64_t>(ids.size())});
    logits_from_ = static_cast<std::int64_t>(logits_from);
    auto outputs = decoder_.run(input_names_, inputs_, output_names_);
    if (!outputs) return std::unexpected(outputs.error());
    auto const queries = outputs->end() - static_cast<std::ptrdiff_t>(asked_.size());
    std::move(outputs->begin() + 1, queries, inputs_.begin() + static_cast<std::ptrdiff_t>(first_past_));
    for (std::size_t layer = 0; layer < asked_.size(); ++layer) {
      auto const& query = queries[static_cast<std::ptrdiff_t>(layer)];
      auto const* values = query.GetTensorData<float>();
      asked_[layer].insert(asked_[layer].end(), values, values + query.GetTensorTypeAndShapeInfo().GetElementCount());
    }
    return std::move(outputs->front());
  }

  static constexpr std::size_t kOwnInputs = 2;

  // Given.
  OnnxSession const& decoder_;
  DecoderCaches const& caches_;
  std::vector<char const*> const input_names_;
  std::vector<char const*> output_names_;
  std::size_t const first_past_;
  // State.
  KeytermBias bias_;
  std::vector<bool> const* const only_;
  std::vector<Ort::Value> inputs_;
  std::int64_t logits_from_ = 0;
  std::size_t positions_ = 0;  // in the caches
  float nothing_ = 0;
  Token nothing_id_ = 0;
  Token next_ = MoonshineTokens::end;
  TokenScore next_score_;
  std::vector<TokenScore> scores_;
  std::vector<std::vector<float>> asked_;  // a layer of DecoderCaches::queries each; a row a position
};

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

}  // namespace

std::size_t loop_in(std::span<Token const> tokens, std::size_t samples) {
  // A caller may well read out "zero zero zero zero", or say "no" ten times. A word and its comma are two tokens;
  // people say up to three short words a second, so that many repeats may be real.
  constexpr double words_per_second = 3;
  auto const words = words_per_second * static_cast<double>(samples) / static_cast<double>(kSampleRate);
  for (std::size_t length = 1; length <= 8; ++length) {
    std::size_t const suspect = length == 1 ? 9 : length == 2 ? 6 : 4;
    auto const possible = static_cast<std::size_t>(words / static_cast<double>((length + 1) / 2));
    auto const repeats = std::max(suspect, possible + 1);
    if (tokens.size() < length * repeats) continue;
    auto const tail = tokens.last(length * repeats);
    if (std::equal(tail.begin() + length, tail.end(), tail.begin())) return length * repeats;
  }
  return 0;
}

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
  auto cross = encoder_.run(std::array{"samples"}, inputs, pointers({}, caches_.cross));
  if (!cross) return std::unexpected(cross.error());
  return EncodedSound({audio.begin(), audio.end()}, std::move(*cross));
}

Result<Decoding> MoonshineModel::decode(std::span<float const> audio, DecodeHints const& hints) const {
  auto const sound = encode(audio);
  if (!sound) return std::unexpected(sound.error());
  return decode(*sound, hints);
}

Result<Decoding> MoonshineModel::decode(EncodedSound const& sound, DecodeHints const& hints) const {
  auto const& audio = sound.audio_;
  DecoderRun run(decoder_, caches_, sound.cross_, hints);
  Decoding decoding;
  auto left = hints.known;
  auto const take_known = [&](std::size_t count) {
    decoding.tokens.insert(decoding.tokens.end(), left.begin(), left.begin() + static_cast<std::ptrdiff_t>(count));
    left = left.subspan(count);
  };
  auto const agreed = run.begin(hints.said, hints.known, hints.doubt);
  if (!agreed) return std::unexpected(agreed.error());
  take_known(*agreed);
  auto const limit = kTokensBase + audio.size() * kTokensPerSecond / kSampleRate;
  while (run.next() != MoonshineTokens::end) {
    decoding.tokens.push_back(run.next());
    auto const loop = loop_in(decoding.tokens, audio.size());
    if (loop > 0 || decoding.tokens.size() > limit) {
      // What came before a loop was heard; without a loop nobody knows where it went astray.
      decoding.hallucination = true;
      decoding.tokens.resize(loop > 0 ? decoding.tokens.size() - loop : 0);
      break;
    }
    auto const behind = behind_token(left, run.next());
    if (behind) left = *behind;
    auto const more = run.go_on(behind.value_or(std::span<Token const>()), hints.doubt);
    if (!more) return std::unexpected(more.error());
    take_known(*more);
  }
  decoding.score = mean_of(run.scores().first(decoding.tokens.size()),
                           decoding.hallucination ? std::nullopt : std::optional(run.next_score()));
  decoding.text = tokens_.text(decoding.tokens);
  auto const words = tokens_.words(decoding.tokens);
  decoding.words = heard_words(words, run.scores());
  if (hints.times && !words.empty()) {
    auto const spans = spans_of_words(run.listening().way(), hints.said.size(), words, audio);
    for (std::size_t at = 0; at < spans.size(); ++at) decoding.words[at].when = spans[at];
  }
  return decoding;
}

}  // namespace sotto
