#include "adapters/moonshine/speech_models.h"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "adapters/moonshine/confidence.h"
#include "adapters/moonshine/digit_homophones.h"
#include "adapters/moonshine/lone_digits.h"
#include "adapters/moonshine/sound_alike.h"
#include "adapters/moonshine/words.h"

namespace sotto {

namespace {
// Better than base at strings of digits that stand alone.
constexpr std::string_view kDigitsModel = "tiny";

// What is asked about the words of a job: one model, or the larger one and the smaller one together. The smaller one is
// wrong more often, but seldom about the same word (docs/asr.md).
class Hearing {
 public:
  struct Sound {
    std::shared_ptr<EncodedSound const> first;
    std::optional<EncodedSound> beside;
  };

  Hearing(SpeechModels const& models, DecodeKind kind, Effort effort)
      : first_(models.of(kind)),
        beside_(effort == Effort::full && kind != DecodeKind::partial && models.digits_shared ? models.digits.get()
                                                                                              : nullptr),
        // A second reading is held to what is known.
        beam_(effort == Effort::full && kind == DecodeKind::deciding ? kBeam : 1) {}

  // `known`: the same audio as the first model encoded it before; may be null.
  Result<Sound> encode(std::span<float const> audio, std::shared_ptr<EncodedSound const> known = nullptr) const {
    Sound sound{std::move(known), std::nullopt};
    if (!sound.first || sound.first->samples() != audio.size()) {
      auto first = first_.encode(audio);
      if (!first) return std::unexpected(first.error());
      sound.first = std::make_shared<EncodedSound const>(std::move(*first));
    }
    if (!beside_) return sound;
    auto beside = beside_->encode(audio);
    if (!beside) return std::unexpected(beside.error());
    sound.beside = std::move(*beside);
    return sound;
  }

  // The words, where none are given.
  Result<Decoding> read(Sound const& sound, DecodeHints hints) const {
    hints.beam = beam_;
    return held_to(sound, hints);
  }
  Result<Decoding> read(std::span<float const> audio, DecodeHints const& hints) const {
    auto const sound = encode(audio);
    if (!sound) return std::unexpected(sound.error());
    return read(*sound, hints);
  }

  // What is left of words that are given (`known`, `doubt`).
  Result<Decoding> held_to(Sound const& sound, DecodeHints const& hints) const {
    if (!sound.beside) return decode_together(std::array{Opinion{first_, *sound.first, 1}}, hints);
    return decode_together(
        std::array{Opinion{first_, *sound.first, 1 - kBesideWeight}, Opinion{*beside_, *sound.beside, kBesideWeight}},
        hints);
  }

  MoonshineTokens const& tokens() const { return first_.tokens(); }

 private:
  static constexpr std::size_t kBeam = 4;
  static constexpr float kBesideWeight = 0.3f;

  MoonshineModel const& first_;
  MoonshineModel const* const beside_;
  std::size_t const beam_;
};
}  // namespace

Result<SpeechModels> load_speech_models(std::filesystem::path const& folder, SpeechModelNames const& names) {
  SpeechModels models;
  std::map<std::string, std::shared_ptr<MoonshineModel const>> loaded;
  for (auto const& [name, model] :
       {std::pair(names.finals, &models.finals), std::pair(names.partials, &models.partials),
        std::pair(std::string(kDigitsModel), &models.digits)}) {
    auto& known = loaded[name];
    if (!known) {
      auto read = MoonshineModel::load(folder / ("moonshine-" + name));
      if (!read) return std::unexpected(read.error());
      known = std::make_shared<MoonshineModel const>(std::move(*read));
    }
    *model = known;
  }
  models.digit_tokens = digit_tokens(models.digits->tokens());
  models.tokens_shared = models.partials->tokens().writes_as(models.finals->tokens());
  models.digits_shared = models.can_save() && models.digits->tokens().writes_as(models.finals->tokens());
  return models;
}

ListenerTokens SpeechModels::listener_tokens(std::shared_ptr<Keyterms const> keyterms) const {
  return {.partials_apart = partials != finals, .shared = tokens_shared, .keyterms = std::move(keyterms)};
}

// From the whole audio of a job to what lies behind its context.
static void move_times(Decoding& decoding, std::int64_t context) {
  for (auto& word : decoding.words) {
    if (word.when.to > 0)
      word.when = {std::max<std::int64_t>(0, word.when.from - context),
                   std::max<std::int64_t>(1, word.when.to - context)};
  }
}

// A loop or an empty answer often comes from words that were carried along: then once more without them. A loop without
// them often comes from a word cut in two at the end: then once more without that. A short word is often lost at the
// very beginning: behind a quiet moment the model hears it.
static Result<Decoding> read_without_help(Hearing const& hearing, DecodeJob const& job, Decoding first) {
  constexpr std::size_t half_a_word = 16000 / 4;
  auto const alone = std::span(job.audio).subspan(job.context);
  bool const times = job.kind != DecodeKind::partial;
  Result<Decoding> decoding = std::move(first);
  auto const failed = [&] { return decoding->hallucination || decoding->text.empty(); };
  bool const helped = !job.known.empty() || !job.said.empty() || job.keyterms;
  if (helped && failed()) decoding = hearing.read(alone, {.times = times});
  if (decoding && decoding->hallucination && alone.size() > 4 * half_a_word) {
    auto shorter = hearing.read(alone.first(alone.size() - half_a_word), {.times = times});
    if (!shorter || !shorter->hallucination || shorter->text.size() > decoding->text.size())
      decoding = std::move(shorter);
  }
  constexpr float sure = -1.2f;
  bool const nothing = decoding && !decoding->hallucination && decoding->text.empty();
  if (nothing && job.kind == DecodeKind::deciding && alone.size() < 6 * half_a_word) {
    std::vector<float> later(half_a_word);
    later.insert(later.end(), alone.begin(), alone.end());
    auto behind = hearing.read(later, {.times = times});
    if (behind && !behind->hallucination && behind->score > sure) {
      move_times(*behind, static_cast<std::int64_t>(half_a_word));
      decoding = std::move(behind);
    }
  }
  return decoding;
}

static Result<Decoding> read_once(Hearing const& hearing, DecodeJob const& job, Hearing::Sound const& sound) {
  // A second reading corrects what is clearly wrong, not what is nearly as likely.
  constexpr float second_thoughts = 1.5f;
  auto const doubt = job.kind == DecodeKind::second_reading ? second_thoughts : 0.0f;
  auto decoding = hearing.read(sound, {.known = job.known,
                                       .said = job.said,
                                       .doubt = doubt,
                                       .keyterms = job.keyterms.get(),
                                       .times = job.kind != DecodeKind::partial});
  if (!decoding) return decoding;
  move_times(*decoding, static_cast<std::int64_t>(job.context));
  return read_without_help(hearing, job, std::move(*decoding));
}

// "nine to six three" becomes "nine two six three" where the model finds that not much less likely.
static Decoding with_digits(Hearing const& hearing, DecodeJob const& job, Hearing::Sound const& sound, Decoding heard) {
  constexpr float same_sound = 4.0f;  // natural logarithm of the ratio of two probabilities
  constexpr std::size_t most = 4;
  auto places = digit_homophones(hearing.tokens(), heard.tokens);
  if (places.size() > most) return heard;
  // One pass over all that is known, and one more for each digit that the model refuses.
  while (!places.empty()) {
    auto const wanted = with_digits_at(hearing.tokens(), heard.tokens, places);
    auto read = hearing.held_to(sound, {.known = wanted, .said = job.said, .doubt = same_sound, .times = true});
    if (!read || read->hallucination) break;
    auto const text = hearing.tokens().text(wanted);
    auto const asked = split_words(text), found = split_words(read->text);
    auto const refused = std::ranges::find_if(
        places, [&](std::size_t at) { return at >= found.size() || bare(found[at]) != bare(asked[at]); });
    if (refused != places.end()) {
      places.erase(refused);
      continue;
    }
    move_times(*read, static_cast<std::int64_t>(job.context));
    // How sure it is of the sound, not of its spelling.
    for (auto const at : places) read->words[at].evidence = heard.words[at].evidence;
    read->score = heard.score;
    return std::move(*read);
  }
  return heard;
}

// How likely the model finds a reading (natural logarithm), all tokens and the end.
static float whole_score(Decoding const& decoding) {
  return decoding.score * static_cast<float>(decoding.tokens.size() + 1);
}

// Whether any of the words there is one that the model was not sure of: of a name that it does not know it never is.
static bool unsure(Decoding const& decoding, SoundAlike const& place) {
  constexpr float half_sure = -0.4f;
  auto const words = std::span(decoding.words).subspan(place.from, place.to - place.from);
  return std::ranges::any_of(words, [](HeardWord const& word) { return word.evidence.least < half_sure; });
}

// How much less likely than what it heard the model may find the term: it does not know it. The more of its sound is
// there, the more. Of development data, as is how far apart words may sound.
static float allowed(SoundAlike const& place, SoundingTerm const& term) {
  constexpr double a_consonant = 3;
  return static_cast<float>(a_consonant * length_of(term.sound) * (1 - 2 * place.apart));
}

// "Petchett" becomes "Pettitt", which is expected, where it sounds alike and the model finds that not much less likely.
static Decoding with_terms(Hearing const& hearing, DecodeJob const& job, Hearing::Sound const& sound, Decoding heard) {
  constexpr int tries = 3;
  if (!job.keyterms || heard.words.empty()) return heard;
  auto const terms = job.keyterms->sounding();
  std::set<std::pair<std::size_t, std::size_t>> refused;  // term, word
  for (int tried = 0; tried < tries; ++tried) {
    auto const places = sound_alikes(split_words(heard.text), terms);
    auto const place = std::ranges::find_if(places, [&](SoundAlike const& one) {
      return one.to <= heard.words.size() && (one.same_letters || unsure(heard, one)) &&
             !refused.contains({one.term, one.from});
    });
    if (place == places.end()) break;
    refused.insert({place->term, place->from});
    auto const ranges = hearing.tokens().words(heard.tokens);
    TokenRange const range{ranges[place->from].from, ranges[place->to - 1].to};
    auto const wanted = hearing.tokens().rewritten(heard.tokens, range, terms[place->term].text);
    constexpr auto at_any_rate = std::numeric_limits<float>::infinity();
    auto read = hearing.held_to(sound, {.known = wanted, .said = job.said, .doubt = at_any_rate, .times = true});
    if (!read || read->hallucination || read->tokens != wanted) continue;
    auto const least = whole_score(heard) - allowed(*place, terms[place->term]);
    if (!place->same_letters && whole_score(*read) < least) continue;
    move_times(*read, static_cast<std::int64_t>(job.context));
    heard = std::move(*read);
  }
  return heard;
}

// Another model's: its tokens are no hypothesis of that of the finals.
static Decoding of_other_model(Decoding decoding) {
  decoding.tokens.clear();
  decoding.other_model = true;
  return decoding;
}

Result<Decoding> decode(SpeechModels const& models, DecodeJob const& job, Effort effort) {
  auto const alone = std::span(job.audio).subspan(job.context);
  Hearing const hearing(models, job.kind, effort);
  auto const sound = hearing.encode(job.audio, job.sound);
  if (!sound) return std::unexpected(sound.error());
  auto decoding = read_once(hearing, job, *sound);
  if (!decoding) return decoding;
  if (job.kind != DecodeKind::partial && !decoding->hallucination)
    decoding = with_terms(hearing, job, *sound, with_digits(hearing, job, *sound, std::move(*decoding)));
  if (job.kind == DecodeKind::deciding && !job.carefully) decoding->sound = sound->first;
  // A loop is no reading to go by.
  Heard const first{decoding->text,
                    decoding->hallucination ? -std::numeric_limits<float>::infinity() : decoding->score};
  if (job.kind == DecodeKind::partial || !may_be_digits(first)) {
    judge_words(*decoding, job.other);
    return decoding;
  }
  auto other = models.digits->decode(alone, {.only = &models.digit_tokens, .times = true});
  // Where there is nothing else, what came before a loop is taken.
  bool better = other && !other->text.empty() && (!other->hallucination || first.text.empty()) &&
                digits_heard_better(first, {other->text, other->score});
  if (!better && first.text.empty() && job.kind == DecodeKind::deciding && models.digits != models.finals) {
    other = models.digits->decode(alone, {.times = true});
    better = other && !other->hallucination && words_where_none({other->text, other->score});
  }
  if (!better) {
    judge_words(*decoding, other && !other->text.empty() ? other->text : job.other);
    return decoding;
  }
  judge_words(*other, decoding->text);
  other->hallucination = false;
  return of_other_model(std::move(*other));
}

Result<Decoding> decode_savingly(SpeechModels const& models, DecodeJob const& job) {
  auto decoding = models.digits->decode(std::span(job.audio).subspan(job.context), {.times = true});
  if (!decoding) return decoding;
  judge_words(*decoding, job.other);
  return of_other_model(std::move(*decoding));
}

}  // namespace sotto
