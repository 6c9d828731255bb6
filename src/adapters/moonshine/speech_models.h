// The speech models of the embedded recogniser, and what they make of a job together: the words of the larger one, and
// where those are doubtful other readings of the same sound. Thread-safe.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "adapters/moonshine/decode_queue.h"
#include "adapters/moonshine/moonshine_model.h"
#include "adapters/moonshine/recognizer.h"
#include "adapters/moonshine/track_listener.h"

namespace sotto {

struct SpeechModels {
  std::shared_ptr<MoonshineModel const> finals, partials;
  std::shared_ptr<MoonshineModel const> digits;  // asked too where digits stand alone
  std::vector<bool> digit_tokens;                // of its vocabulary
  bool tokens_shared = true;                     // what `partials` write are tokens of `finals` too
  bool digits_shared = false;                    // and those of `digits`, which are another model

  MoonshineModel const& of(DecodeKind kind) const { return kind == DecodeKind::partial ? *partials : *finals; }
  // A smaller one could take the place of that of the finals.
  bool can_save() const { return digits != finals; }
  ListenerTokens listener_tokens(std::shared_ptr<Keyterms const> keyterms) const;
};

// From the folder that set-up makes. Errors `model_missing`, `model_broken`.
Result<SpeechModels> load_speech_models(std::filesystem::path const& folder, SpeechModelNames const& names);

// `full`: of a final both models are asked, and several texts are weighed side by side; half as much work again.
enum class Effort { plain, full };

// What a worker does with a job. Words that sound as a digit or as a keyterm are asked about once more; where digits
// may stand alone, or no word was found, the digits' model is asked too.
Result<Decoding> decode(SpeechModels const& models, DecodeJob const& job, Effort effort);
// The same by the smaller model, where the cores are too few (`can_save`). Without tokens.
Result<Decoding> decode_savingly(SpeechModels const& models, DecodeJob const& job);

}  // namespace sotto
