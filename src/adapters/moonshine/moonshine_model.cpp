#include "adapters/moonshine/moonshine_model.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"

namespace sotto {
namespace {

constexpr int kLayers = 6;
constexpr int kHeads = 8;
constexpr int kHeadWidth = 36;
constexpr std::size_t kSampleRate = 16000;
// The model was trained on whole phrases: shorter audio is filled with silence, or it answers with nothing.
constexpr std::size_t kSamplesMin = kSampleRate;
// Fast speech has 6 tokens a second; a segment of one long word still needs a few.
constexpr std::size_t kTokensBase = 10;
constexpr std::size_t kTokensPerSecond = 7;

// Names of the decoder's tensors: per layer the key and value over own tokens, then over the encoder's frames.
struct CacheNames {
  std::array<std::string, 4 * kLayers> past, present;

  CacheNames() {
    std::size_t index = 0;
    for (int layer = 0; layer < kLayers; ++layer) {
      for (auto const* part : {".decoder.key", ".decoder.value", ".encoder.key", ".encoder.value"}) {
        past[index] = "past_key_values." + std::to_string(layer) + part;
        present[index++] = "present." + std::to_string(layer) + part;
      }
    }
  }

  static bool over_tokens(std::size_t index) { return index % 4 < 2; }
};

CacheNames const& cache_names() {
  static CacheNames const names;
  return names;
}

Token best_token(float const* logits, std::size_t vocabulary) {
  return std::max_element(logits, logits + vocabulary) - logits;
}

// The first `keep` positions of a cache tensor [1, heads, t, head_width].
Ort::Value shortened(Ort::Value const& cache, std::int64_t keep) {
  auto const length = cache.GetTensorTypeAndShapeInfo().GetShape()[2];
  std::array<std::int64_t, 4> const shape{1, kHeads, keep, kHeadWidth};
  Ort::AllocatorWithDefaultOptions allocator;
  auto cut = Ort::Value::CreateTensor<float>(allocator, shape.data(), shape.size());
  auto const* from = cache.GetTensorData<float>();
  auto* to = cut.GetTensorMutableData<float>();
  for (int head = 0; head < kHeads; ++head) {
    std::copy_n(from + head * length * kHeadWidth, keep * kHeadWidth, to + head * keep * kHeadWidth);
  }
  return cut;
}

// One decoding: the decoder over one encoded segment, with its cache. Lives on the stack of decode().
class DecoderRun {
 public:
  DecoderRun(OnnxSession const& decoder, std::span<std::int64_t> mask, Ort::Value hidden, std::size_t vocabulary)
      : decoder_(decoder), vocabulary_(vocabulary) {
    auto const samples = static_cast<std::int64_t>(mask.size());
    inputs_.push_back(tensor_over<std::int64_t>(mask, {1, samples}));
    inputs_.push_back(std::move(hidden));
    for (int index = 0; index < 4 * kLayers; ++index) {
      inputs_.push_back(tensor_over<float>(std::span<float>(&nothing_, 0), {1, kHeads, 0, kHeadWidth}));
    }
    inputs_.push_back(tensor_over<std::int64_t>(std::span<std::int64_t>(&nothing_id_, 1), {1, 1}));
    inputs_.push_back(tensor_over<bool>(std::span<bool>(&use_cache_, 1), {1}));
  }

  // All of start + said + known in one pass: the number of known tokens the model agrees with, or prefers another to by
  // less than `doubt` (difference of logits). What follows them is in next().
  Result<std::size_t> verify(std::span<Token const> said, std::span<Token const> known, float doubt) {
    std::vector<Token> ids{MoonshineTokens::start};
    ids.insert(ids.end(), said.begin(), said.end());
    ids.insert(ids.end(), known.begin(), known.end());
    auto outputs = run(ids, 4 * kLayers, [](std::size_t) { return true; });
    if (!outputs) return std::unexpected(outputs.error());
    auto const* logits = (*outputs)[0].GetTensorData<float>() + said.size() * vocabulary_;
    std::size_t agreed = 0;
    auto const keeps = [&](float const* at, Token token) {
      auto const best = best_token(at, vocabulary_);
      return best == token || at[best] - at[token] < doubt;
    };
    while (agreed < known.size() && keeps(logits + agreed * vocabulary_, known[agreed])) ++agreed;
    next_ = best_token(logits + agreed * vocabulary_, vocabulary_);
    for (std::size_t index = 0; index < 4 * kLayers; ++index) {
      auto& present = (*outputs)[1 + index];
      bool const cut = CacheNames::over_tokens(index) && agreed < known.size();
      past(index) = cut ? shortened(present, static_cast<std::int64_t>(said.size() + agreed) + 1) : std::move(present);
    }
    use_cache_ = true;
    return agreed;
  }

  // One more token; what follows it is in next().
  Result<void> step(Token token) {
    auto outputs = run(std::span<Token>(&token, 1), 2 * kLayers, CacheNames::over_tokens);
    if (!outputs) return std::unexpected(outputs.error());
    next_ = best_token((*outputs)[0].GetTensorData<float>(), vocabulary_);
    std::size_t output = 1;
    for (std::size_t index = 0; index < 4 * kLayers; ++index) {
      if (CacheNames::over_tokens(index)) past(index) = std::move((*outputs)[output++]);
    }
    return {};
  }

  Token next() const { return next_; }

 private:
  Ort::Value& past(std::size_t index) { return inputs_[2 + index]; }

  // Asks for the logits and those caches that `wanted` names: the encoder's side never changes after the first pass.
  template <typename Wanted>
  Result<std::vector<Ort::Value>> run(std::span<Token> ids, std::size_t caches, Wanted wanted) {
    auto const& names = cache_names();
    std::vector<char const*> in{"encoder_attention_mask", "encoder_hidden_states"}, out{"logits"};
    for (std::size_t index = 0; index < 4 * kLayers; ++index) {
      in.push_back(names.past[index].c_str());
      if (wanted(index)) out.push_back(names.present[index].c_str());
    }
    CHECK(out.size() == 1 + caches);
    in.push_back("input_ids");
    in.push_back("use_cache_branch");
    inputs_[2 + 4 * kLayers] = tensor_over<Token>(ids, {1, static_cast<std::int64_t>(ids.size())});
    return decoder_.run(in, inputs_, out);
  }

  // Given.
  OnnxSession const& decoder_;
  std::size_t const vocabulary_;
  // State.
  std::vector<Ort::Value> inputs_;
  float nothing_ = 0;
  Token nothing_id_ = 0;
  bool use_cache_ = false;
  Token next_ = MoonshineTokens::end;
};

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

MoonshineModel::MoonshineModel(OnnxSession encoder, OnnxSession decoder, MoonshineTokens tokens)
    : encoder_(std::move(encoder)), decoder_(std::move(decoder)), tokens_(std::move(tokens)) {}

Result<MoonshineModel> MoonshineModel::load(std::filesystem::path const& folder) {
  auto encoder = OnnxSession::load(folder / "encoder_model.ort");
  if (!encoder) return std::unexpected(encoder.error());
  auto decoder = OnnxSession::load(folder / "decoder_model_merged.ort");
  if (!decoder) return std::unexpected(decoder.error());
  auto tokens = MoonshineTokens::load(folder / "tokenizer.bin");
  if (!tokens) return std::unexpected(tokens.error());
  return MoonshineModel(std::move(*encoder), std::move(*decoder), std::move(*tokens));
}

Result<Decoding> MoonshineModel::decode(std::span<float const> audio, std::span<Token const> known,
                                        std::span<Token const> said, float doubt) const {
  std::vector<float> samples(audio.begin(), audio.end());
  samples.resize(std::max(samples.size(), kSamplesMin));
  // The mask counts samples, not frames: the graph takes every 384th value.
  std::vector<std::int64_t> mask(samples.size(), 1);
  auto const length = static_cast<std::int64_t>(samples.size());
  std::array<Ort::Value, 2> const inputs{tensor_over<float>(samples, {1, length}),
                                         tensor_over<std::int64_t>(mask, {1, length})};
  auto encoded = encoder_.run(std::array{"input_values", "attention_mask"}, inputs, std::array{"last_hidden_state"});
  if (!encoded) return std::unexpected(encoded.error());

  DecoderRun run(decoder_, mask, std::move((*encoded)[0]), tokens_.size());
  auto const agreed = run.verify(said, known, doubt);
  if (!agreed) return std::unexpected(agreed.error());
  Decoding decoding{.tokens = {known.begin(), known.begin() + *agreed}};
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
    if (auto stepped = run.step(run.next()); !stepped) return std::unexpected(stepped.error());
  }
  decoding.text = tokens_.text(decoding.tokens);
  return decoding;
}

}  // namespace sotto
