// The events as they look outside: names, order, meaning and bounds of their fields. docs/schemas and the page's types
// are generated from here (event_schema.h); a test holds them to it.
#pragma once

#include <array>
#include <string_view>
#include <utility>

#include "base/fields.h"
#include "call/call_fields.h"
#include "call/events.h"

namespace sotto {

// --- sets of words ---

template <>
struct Names<Lane> {
  static constexpr std::array list{std::pair(std::string_view("cue"), Lane::cue),
                                   std::pair(std::string_view("compliance"), Lane::compliance)};
};
template <>
struct Names<EndReason> {
  static constexpr std::array list{std::pair(std::string_view("hangup"), EndReason::hangup),
                                   std::pair(std::string_view("lost"), EndReason::lost),
                                   std::pair(std::string_view("silent"), EndReason::silent),
                                   std::pair(std::string_view("stopped"), EndReason::stopped)};
};
namespace words {
template <std::size_t N>
using Set = std::array<std::string_view, N>;
inline constexpr Set<2> kBy{"api", "source"};
inline constexpr Set<1> kAgent{"agent"};
inline constexpr Set<3> kSpeaker{"customer", "agent", ""};
inline constexpr Set<4> kCaptions{"live", "delayed", "degraded", "stopped"};
inline constexpr Set<2> kSuggestions{"on", "paused"};
inline constexpr Set<5> kAudio{"waiting", "ok", "none", "lost", "paused"};
inline constexpr Set<4> kUtteranceEnd{"endpoint", "limit", "speaker", "finish"};
inline constexpr Set<9> kGap{"not_received", "not_started",     "no_words", "distorted",         "samples_restarted",
                             "overrun",      "recogniser_lost", "unsaved",  "recogniser_skipped"};
inline constexpr Set<14> kTrigger{"said_like", "phrase", "regex",      "parts", "intent",    "sentiment", "elapsed",
                                  "silence",   "order",  "talk_ratio", "flow",  "knowledge", "entity",    "implied"};
inline constexpr Set<5> kCueKind{"answer", "next_step", "say", "careful", "must_say"};
inline constexpr Set<2> kMatch{"strong", "likely"};
inline constexpr Set<3> kSeverity{"info", "warning", "urgent"};
inline constexpr Set<7> kCueEnd{"said", "dismissed", "replaced", "expired", "late", "call_ended", "withdrawn"};
inline constexpr Set<14> kEntity{"card",  "cvv",   "iban", "account", "identity", "order", "ticket",
                                 "phone", "email", "date", "time",    "money",    "name",  "address"};
}  // namespace words

namespace rules {
inline constexpr FieldRule kCall{.text = "the call's id"};
inline constexpr FieldRule kMedia{.text = "media time", .least = 0};
inline constexpr FieldRule kFirst{.text = "sample of the source's rate", .least = 0};
inline constexpr FieldRule kPast{.text = "sample after the last", .least = 0};
inline constexpr FieldRule kPolicy{.text = "the rule's id"};
inline constexpr FieldRule kOfFiring{.text = "the id that the cue and the alert of the same firing have"};
}  // namespace rules

// --- values ---

template <>
struct Fields<Word> {
  static constexpr std::string_view file = "word.json", title = "A word with its time";
  static constexpr auto list =
      std::tuple(field("text", &Word::text), field("start_ms", &Word::start_ms, rules::kMedia),
                 field("end_ms", &Word::end_ms, rules::kMedia),
                 field("estimated", &Word::estimated, {.text = "times spread over the utterance, not measured"}),
                 field("confidence", &Word::confidence,
                       {.text = "probability that it was said; absent: the recogniser measures none",
                        .least = 0,
                        .most = 1,
                        .left_out = true,
                        .digits = 2}));
};

template <>
struct Fields<Mention> {
  static constexpr std::string_view file = "entity.json", title = "Something that the words name (docs/entities.md)",
                                    text = "Of a number that is hidden only that it was there.";
  static constexpr auto list = std::tuple(
      field("kind", &Mention::kind, {.one_of = words::kEntity}),
      field("value", &Mention::value,
            {.text = "normalised; of a card or an account \"**** 1111\" in the final that ends it, where its check "
                     "digits or its length are right, else empty"}),
      field("text", &Mention::text, {.text = "as said; \"[card]\", \"[account]\" where it was taken out"}),
      field("start_ms", &Mention::start_ms, rules::kMedia), field("end_ms", &Mention::end_ms, rules::kMedia),
      field("valid", &Mention::valid, {.text = "its check digit, shape, number plan or calendar agrees"}));
};

template <>
struct Fields<Utterance> {
  static constexpr std::string_view title = "Words of a track";
  static constexpr auto list = std::tuple(
      field("call", &Utterance::call, rules::kCall), field("track", &Utterance::track, {.identity = true}),
      field("utterance", &Utterance::n, {.text = "finals of the track before it", .least = 0, .identity = true}),
      field("revision", &Utterance::revision, {.text = "0: as first heard", .least = 0}),
      field("text", &Utterance::text), field("start_ms", &Utterance::start_ms, rules::kMedia),
      field("end_ms", &Utterance::end_ms, rules::kMedia), field("from", &Utterance::from, rules::kFirst),
      field("to", &Utterance::to, rules::kPast), field("words", &Utterance::words),
      field("entities", &Utterance::entities,
            {.text = "what the words name; absent where nothing was found", .left_out = true}),
      field("reason", &Utterance::reason,
            {.text = "of a final, why it ends there: a pause, 7 s of continuous speech, another speaker in the same "
                     "channel, the end of the audio",
             .one_of = words::kUtteranceEnd,
             .left_out = true}),
      field("speaker", &Utterance::speaker,
            {.text = "where one channel carries both parties: who is taken to speak; of party3 to party6: their side",
             .one_of = words::kSides,
             .left_out = true}),
      field("speaker_confidence", &Utterance::speaker_confidence,
            {.text = "with speaker: how likely it is", .least = 0.5, .most = 1, .left_out = true, .digits = 2}));
};

template <>
struct Fields<Because> {
  static constexpr std::string_view file = "because.json", title = "The words that caused an annotation";
  static constexpr FieldRule kMedia{.text = "media time of the call", .least = 0};
  static constexpr auto list =
      std::tuple(field("utterance", &Because::utterance, {.text = "<track>-<utterance>; empty for matters of time"}),
                 field("speaker", &Because::speaker, {.one_of = words::kSpeaker}),
                 field("text", &Because::text, {.text = "the matching words as recognised"}),
                 field("start_ms", &Because::start_ms, kMedia), field("end_ms", &Because::end_ms, kMedia),
                 field("trigger", &Because::trigger, {.one_of = words::kTrigger}),
                 field("pattern", &Because::pattern, {.text = "the policy's phrase or example that was nearest"}),
                 field("score", &Because::score, {.text = "1 for exact triggers", .least = -1, .most = 1.001}));
};

template <>
struct Fields<Source> {
  static constexpr std::string_view file = "source.json", title = "The passage that supports a cue";
  static constexpr auto list = std::tuple(
      field("file", &Source::file, {.text = "of the tenant's knowledge"}),
      field("heading", &Source::heading, {.text = "empty: the whole article"}), field("passage", &Source::passage),
      field("sentence", &Source::sentence, {.text = "the sentence of the passage that answers; may be empty"}));
};

template <>
struct Fields<StagesMs> {
  static constexpr std::string_view file = "stages.json",
                                    title = "Milliseconds each stage took for the words that triggered a cue",
                                    text = "Null where a stage does not apply (matters of time).";
  static constexpr auto list =
      std::tuple(field("transit", &StagesMs::transit, {.text = "end of the words -> their packet reached ingest"}),
                 field("buffer", &StagesMs::buffer, {.text = "-> its frame was handed to the recogniser"}),
                 field("asr", &StagesMs::asr, {.text = "-> the final came back"}),
                 field("utterance", &StagesMs::utterance, {.text = "-> the utterance was handed to the store"}),
                 field("store", &StagesMs::store, {.text = "-> its transaction was durable"}),
                 field("bus", &StagesMs::bus, {.text = "-> the orchestrator has it"}),
                 field("orchestrate", &StagesMs::orchestrate, {.text = "-> its inference graph stands"}),
                 field("route", &StagesMs::route, {.text = "-> the model takes it"}),
                 field("infer", &StagesMs::infer, {.text = "-> the model answered"}),
                 field("guide", &StagesMs::guide, {.text = "-> the decision to show"}));
};

template <>
struct Fields<Health> {
  static constexpr std::string_view title = "The state of a call";
  static constexpr auto list = std::tuple(
      field("captions", &Health::captions,
            {.text = "delayed: voiced audio older than 2 s has no words; degraded: a stand-by recogniser or a smaller "
                     "model listens, or live words are shown before older ones; stopped: no recogniser",
             .one_of = words::kCaptions}),
      field("lag_ms", &Health::lag_ms, {.text = "0 while captions are live", .least = 0}),
      field("saved", &Health::saved, {.text = "false: the store is down, events wait in memory"}),
      field("suggestions", &Health::suggestions, {.one_of = words::kSuggestions}),
      field("audio", &Health::audio,
            {.text = "none: open but mute; lost: the source is gone", .one_of = words::kAudio}));
};

template <>
struct Fields<ChecklistItem> {
  static constexpr std::string_view title = "A duty of the agent's";
  static constexpr auto list =
      std::tuple(field("item", &ChecklistItem::item, {.identity = true}), field("label", &ChecklistItem::label));
};

template <>
struct Fields<Understood::Wanted> {
  static constexpr std::string_view title = "What the words want";
  static constexpr auto list =
      std::tuple(field("name", &Understood::Wanted::name),
                 field("probability", &Understood::Wanted::probability, {.least = 0, .most = 1}));
};

template <>
struct Fields<WebhookRequested::Alert> {
  static constexpr std::string_view title = "The rule's alert";
  static constexpr auto list =
      std::tuple(field("severity", &WebhookRequested::Alert::severity, {.one_of = words::kSeverity}),
                 field("message", &WebhookRequested::Alert::message));
};

template <>
struct Fields<CueDisplayed::Stages> {
  static constexpr std::string_view title = "What the page measured";
  static constexpr auto list = std::tuple(
      field("deliver", &CueDisplayed::Stages::deliver, {.text = "decision to show -> received by the page, ms"}),
      field("render", &CueDisplayed::Stages::render, {.text = "put on the page -> two animation frames later, ms"}),
      field("hold", &CueDisplayed::Stages::hold,
            {.text = "received -> put on the page: the wait for a pause of the agent's speech, ms"}),
      field("total", &CueDisplayed::Stages::total, {.text = "end of the words -> drawn, ms"}),
      field("clock_error", &CueDisplayed::Stages::clock_error,
            {.text = "how wrong the page's idea of the server's clock can be: half the least round trip, ms"}));
};

// --- events ---

template <>
struct Fields<CallStarted> {
  static constexpr std::string_view type = "sotto.call.started", title = "A call has begun";
  static constexpr auto list =
      std::tuple(inlined(&CallStarted::info),
                 field("checklist", &CallStarted::checklist, {.text = "what the tenant's policies tick"}));
};

template <>
struct Fields<HealthChanged> {
  static constexpr std::string_view type = "sotto.call.health", title = "The state of a call has changed";
  static constexpr auto list =
      std::tuple(inlined(&HealthChanged::health), field("call", &HealthChanged::call, rules::kCall));
};

template <>
struct Fields<CallPaused> {
  static constexpr std::string_view type = "sotto.call.paused", title = "From here nothing is heard or stored";
  static constexpr auto list =
      std::tuple(field("call", &CallPaused::call, rules::kCall), field("by", &CallPaused::by, {.one_of = words::kBy}),
                 field("sample", &CallPaused::sample, {.text = "first sample that is not heard", .least = 0}),
                 field("at_ms", &CallPaused::at_ms, rules::kMedia));
};

template <>
struct Fields<CallResumed> {
  static constexpr std::string_view type = "sotto.call.resumed", title = "Heard again from here";
  static constexpr auto list = std::tuple(
      field("call", &CallResumed::call, rules::kCall), field("by", &CallResumed::by, {.one_of = words::kBy}),
      field("sample", &CallResumed::sample,
            {.text = "first sample that is heard; resumed by api: where the clock of the call stood", .least = 0}),
      field("at_ms", &CallResumed::at_ms, rules::kMedia));
};

template <>
struct Fields<CallEnded> {
  static constexpr std::string_view type = "sotto.call.ended",
                                    title = "All speech is decided: the last event of the speech part";
  static constexpr auto list =
      std::tuple(field("call", &CallEnded::call, rules::kCall), field("reason", &CallEnded::reason),
                 field("duration_ms", &CallEnded::duration_ms, rules::kMedia),
                 field("coverage", &CallEnded::coverage, {.file = "coverage.json"}));
};

template <>
struct Fields<GuidanceDone> {
  static constexpr std::string_view type = "sotto.guidance.done",
                                    title = "All that was said has had its effect: the last event of the guidance part";
  static constexpr auto list = std::tuple(field("call", &GuidanceDone::call, rules::kCall));
};

template <>
struct Fields<Partial> {
  static constexpr std::string_view type = "sotto.hypothesis.partial", title = "Words that may still change",
                                    text = "Not stored: its number is 0.";
  static constexpr auto list = std::tuple(
      inlined(&Partial::utterance),
      field("provisional", &Partial::provisional,
            {.text = "live words while earlier audio still waits for its own; absent: false", .left_out = true}),
      field("eager", &Partial::eager,
            {.text = "the speaker has probably finished: the final follows with these words, or a partial that is not "
                     "eager because the voice went on; absent: false",
             .left_out = true}));
};

template <>
struct Fields<AgentChanged> {
  static constexpr std::string_view type = "sotto.call.agent", title = "From here another agent speaks";
  static constexpr auto list =
      std::tuple(field("call", &AgentChanged::call, rules::kCall), field("agent", &AgentChanged::agent),
                 field("team", &AgentChanged::team), field("at_ms", &AgentChanged::at_ms, rules::kMedia));
};

template <>
struct Fields<UtteranceFinal> {
  static constexpr std::string_view type = "sotto.utterance.final", title = "Words that are committed",
                                    text = "Its interval [from, to) never changes.";
  static constexpr auto list = std::tuple(inlined(&UtteranceFinal::utterance));
};

template <>
struct Fields<UtteranceRevised> {
  static constexpr std::string_view type = "sotto.utterance.revised", title = "The words of a final were corrected",
                                    text =
                                        "The same utterance with the next revision and the same interval; what "
                                        "followed from the old words is withdrawn.";
  static constexpr auto list = std::tuple(
      inlined(&UtteranceRevised::utterance),
      field("was", &UtteranceRevised::was,
            {.text = "the words of the revision before, where they were others", .left_out = true}),
      field("was_speaker", &UtteranceRevised::was_speaker,
            {.text = "where the speaker was corrected: the one before", .one_of = words::kSides, .left_out = true}));
};

template <>
struct Fields<Understood> {
  static constexpr std::string_view type = "sotto.utterance.understood",
                                    title = "What the customer's words want and how they sound",
                                    text =
                                        "Only where something was understood: an intent that is likely, or words "
                                        "that are clearly negative or positive. Judged from the text alone.";
  static constexpr auto list =
      std::tuple(field("utterance", &Understood::utterance, {.identity = true}), field("intents", &Understood::intents),
                 field("sentiment", &Understood::sentiment,
                       {.text = "-1 negative, 1 positive; null where it was not judged", .least = -1, .most = 1}),
                 field("mood", &Understood::sentiment_trend,
                       {.text = "the trend over the call: newer words count for more", .least = -1, .most = 1}));
};

template <>
struct Fields<CoverageGap> {
  static constexpr std::string_view type = "sotto.coverage.gap", title = "Audio was not heard";
  static constexpr auto list = std::tuple(
      field("call", &CoverageGap::call, rules::kCall), field("track", &CoverageGap::track, {.identity = true}),
      field("from", &CoverageGap::from, rules::kFirst), field("to", &CoverageGap::to, rules::kPast),
      field("start_ms", &CoverageGap::start_ms, rules::kMedia), field("end_ms", &CoverageGap::end_ms, rules::kMedia),
      field("reason", &CoverageGap::reason, {.one_of = words::kGap, .file = "gap-reason.json"}));
};

template <>
struct Fields<Moment> {
  static constexpr std::string_view type = "sotto.moment.raised", title = "Something was detected";
  static constexpr auto list =
      std::tuple(field("policy", &Moment::policy, rules::kPolicy), field("policy_version", &Moment::policy_version),
                 field("because", &Moment::because));
};

template <>
struct Fields<AlertRaised> {
  static constexpr std::string_view type = "sotto.alert.raised", title = "Something for the supervisor";
  static constexpr auto list = std::tuple(
      field("id", &AlertRaised::id, {.identity = true}), field("policy", &AlertRaised::policy, rules::kPolicy),
      field("policy_version", &AlertRaised::policy_version),
      field("severity", &AlertRaised::severity, {.one_of = words::kSeverity}), field("message", &AlertRaised::message),
      field("because", &AlertRaised::because));
};

template <>
struct Fields<Tagged> {
  static constexpr std::string_view type = "sotto.call.tagged", title = "A word the call will be found by";
  static constexpr auto list =
      std::tuple(field("tag", &Tagged::tag, {.identity = true}), field("policy", &Tagged::policy, rules::kPolicy),
                 field("because", &Tagged::because));
};

template <>
struct Fields<WebhookRequested> {
  static constexpr std::string_view type = "sotto.webhook.requested", title = "Another system is to be told";
  static constexpr auto list = std::tuple(
      field("id", &WebhookRequested::id,
            {.text = "of the message: what its receiver knows a doublet by", .identity = true}),
      field("cue", &WebhookRequested::cue, rules::kOfFiring),
      field("webhook", &WebhookRequested::webhook,
            {.text = "its name in the server's configuration", .identity = true}),
      field("policy", &WebhookRequested::policy, rules::kPolicy),
      field("policy_version", &WebhookRequested::policy_version), field("tags", &WebhookRequested::tags),
      field("because", &WebhookRequested::because),
      field("alert", &WebhookRequested::alert, {.text = "the rule's alert, where it has one", .left_out = true}));
};

template <>
struct Fields<Cue> {
  static constexpr std::string_view type = "sotto.cue.shown", title = "Something to say or do";
  static constexpr auto list = std::tuple(
      field("id", &Cue::id, {.text = "digest of policy version, utterance and rule", .identity = true}),
      field("call", &Cue::call, rules::kCall),
      field("utterance", &Cue::utterance, {.text = "<track>-<utterance>; empty for matters of time"}),
      field("policy", &Cue::policy, rules::kPolicy), field("policy_version", &Cue::policy_version),
      field("kind", &Cue::kind, {.one_of = words::kCueKind}), field("match", &Cue::match, {.one_of = words::kMatch}),
      field("lane", &Cue::lane, {.text = "a page holds a cue back while the agent speaks; never a compliance cue"}),
      field("priority", &Cue::priority), field("headline", &Cue::headline), field("body", &Cue::body),
      field("because", &Cue::because),
      field("fresh_ms", &Cue::fresh_ms, {.text = "longest time from the end of the words to the screen", .least = 0}),
      field("shown_ms", &Cue::shown_ms, {.text = "how long it stays", .least = 0}), field("stages_ms", &Cue::stages_ms),
      field("spoken_us", &Cue::spoken, {.text = "end of the words; microseconds since 1970, the server's clock"}),
      field("guided_us", &Cue::guided, {.text = "the decision to show; microseconds since 1970, the server's clock"}),
      field("source", &Cue::source),
      field("item", &Cue::item, {.text = "of the checklist, that the cue waits for; missing: none", .left_out = true}));
};

template <>
struct Fields<CueExpected> {
  static constexpr std::string_view type = "sotto.cue.expected",
                                    title = "A cue that words which may still change probably bring",
                                    text =
                                        "Not stored: its number is 0. sotto.cue.shown with the same id follows, or "
                                        "this once more, withdrawn.";
  static constexpr auto list = std::tuple(
      inlined(&CueExpected::cue), field("withdrawn", &CueExpected::withdrawn,
                                        {.text = "it does not come after all; absent: false", .left_out = true}));
};

template <>
struct Fields<CueDisplayed> {
  static constexpr std::string_view type = "sotto.cue.displayed", title = "A page has drawn the cue";
  static constexpr auto list = std::tuple(field("call", &CueDisplayed::call, rules::kCall),
                                          field("id", &CueDisplayed::id, {.text = "the cue", .identity = true}),
                                          field("stages_ms", &CueDisplayed::stages_ms));
};

template <>
struct Fields<CueClosed> {
  static constexpr std::string_view type = "sotto.cue.closed",
                                    title = "A cue leaves the screen, or never reached it (late)";
  static constexpr auto list = std::tuple(field("id", &CueClosed::id, {.text = "the cue", .identity = true}),
                                          field("reason", &CueClosed::reason, {.one_of = words::kCueEnd}));
};

template <>
struct Fields<Tick> {
  static constexpr std::string_view type = "sotto.checklist.ticked", title = "An item was said, or the agent says so";
  static constexpr auto list = std::tuple(
      field("item", &Tick::item, {.identity = true}), field("label", &Tick::label),
      field("policy", &Tick::policy, {.text = "by words: the rule's id", .left_out = true}),
      field("because", &Tick::because, {.text = "by words: those", .left_out = true}),
      field("by", &Tick::by,
            {.text = "by hand; missing: by the words in because", .one_of = words::kAgent, .left_out = true}),
      field("reason", &Tick::reason, {.text = "by hand: the agent's words", .left_out = true}));
};

template <>
struct Fields<Untick> {
  static constexpr std::string_view type = "sotto.checklist.unticked",
                                    title =
                                        "The words that ticked an item were corrected, or the agent takes the "
                                        "tick back";
  static constexpr auto list = std::tuple(
      field("item", &Untick::item, {.identity = true}),
      field("utterance", &Untick::utterance,
            {.text = "whose words they were, such as agent-3; missing: by hand", .left_out = true}),
      field("by", &Untick::by,
            {.text = "by hand; missing: the words were corrected", .one_of = words::kAgent, .left_out = true}),
      field("reason", &Untick::reason, {.text = "corrected; by hand: the agent's words"}));
};

template <>
struct Fields<EventRedacted> {
  static constexpr std::string_view type = "sotto.event.redacted", title = "Words were taken back",
                                    text =
                                        "The event of that number is the new one from here on; nobody may keep what "
                                        "it was.";
  static constexpr auto list = std::tuple(
      field("number", &EventRedacted::number, {.text = "of the event that was changed", .least = 1, .identity = true}),
      field("type", &EventRedacted::type, {.text = "of that event", .identity = true}),
      field("data", &EventRedacted::data, {.text = "its data as it is now", .identity = true}));
};

}  // namespace sotto
