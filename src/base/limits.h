// Every limit of Sotto with its reason. A limit that is reached has a defined answer in the stage that names it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace sotto::limits {

// --- ingest ---
// One binary packet: 1 s of 48 kHz PCM is 96 kB; larger packets only add latency.
inline constexpr std::size_t kPacketBytesMax = 192 * 1024;
// One JSON message: a start with rich metadata stays far below.
inline constexpr std::size_t kControlBytesMax = 64 * 1024;
// A call is handed over a few times; each stays in its log.
inline constexpr int kTransfersMax = 100;
// Identifiers end up in addresses and in every event; the longest around us, ARNs of contacts, have some 160 bytes.
inline constexpr std::size_t kIdLengthMax = 256;
// Customer, agent and a conference around them: each is a stream of the recogniser.
inline constexpr std::size_t kTracksMax = 6;
// A party's name stands before each of its lines.
inline constexpr std::size_t kPartyNameMax = 80;
// An acknowledgement at least this often while audio flows.
inline constexpr Duration kAckInterval = 500ms;
// A sender that connects and says nothing.
inline constexpr Duration kStartTimeout = 10s;
// A lost sender is awaited this long, then the call ends with reason `lost`.
inline constexpr Duration kLostAfter = 30s;
// An open but mute sender shows "No audio" after 5 s and ends with reason `silent` after 10 min.
inline constexpr Duration kNoAudioAfter = 5s;
inline constexpr Duration kSilentAfter = 600s;

// How much slower than ours a source's clock is taken to run at most: sound cards and telephones stay within 200 ppm.
inline constexpr std::int64_t kSourceClockPpm = 250;

// --- audio ---
// Undecided audio kept per track (bytes as received); beyond, the oldest becomes a gap.
inline constexpr Duration kRing = 180s;
// What goes to the spool at once, and how much of it one track may hold (at 8 kHz G.711; where recording is allowed).
inline constexpr Duration kSpoolBlock = 5s;
inline constexpr std::int64_t kSpoolBytesMax = 4L * 3600 * 8000;
// How much of a long backlog a recogniser is given at a time: engines hold 240 s of undecided audio.
inline constexpr Duration kBacklogSlice = 120s;
// How long a missing packet is waited for before it becomes a gap; jitter buffers of carriers are below 200 ms.
inline constexpr Duration kReorderWindow = 400ms;
// Packets ahead of a hole are held up to this, a track; beyond it the hole is given up at once.
inline constexpr std::size_t kHeldBytesMax = 256 * 1024;
// Pauses of a call: a person presses a button; a source that does so ten times a second is broken.
inline constexpr int kPausesASecondMax = 10;
inline constexpr int kPausesMax = 1000;
// A jump ahead beyond this is a malformed sender, not loss.
inline constexpr Duration kJumpMax = 3600s;
// Sample numbers that began again: so much in a row from further behind than packets are ever late; after a resume from
// further than a source may send again.
inline constexpr Duration kBeganAgainAfter = 400ms;
inline constexpr Duration kBehindUsual = 2s;
inline constexpr Duration kResentMost = 10s;
inline constexpr int kFrameRateHz = 16000;
inline constexpr std::int64_t kFrameSamples = kFrameRateHz / 50;  // 20 ms

// --- speech ---
// A final at least this often in continuous speech; the cut is made at the lowest VAD probability of the last 2 s.
inline constexpr Duration kSegmentMax = 7s;
inline constexpr Duration kCutSearch = 2s;

// A lost recogniser is tried again with back-off between these. Where it is the only one, live words must be there
// 3 s after its return, handshake and first words included.
inline constexpr Duration kRecogniserRetryMin = 100ms;
inline constexpr Duration kRecogniserRetryMax = 700ms;
// One that refused will refuse again until somebody changed its key or its parameters.
inline constexpr Duration kRefusedRetry = 60s;
// After a loss, live speech goes to a stream of its own when this much audio waits: live words come at once.
inline constexpr Duration kLiveFirstAfter = 1500ms;
// The backlog ends at the quietest frame of its end this long, so that no word is cut in two.
inline constexpr Duration kSplitSearch = 1s;
// Captions are called stopped when no engine has been of use for this long; the page must say so within 2 s.
inline constexpr Duration kEngineGrace = 1s;
// How long a pause is waited for before a better engine takes a track back in the middle of a sentence.
inline constexpr Duration kReturnPatience = 20s;
// An engine on probation has heard this much without a loss before it is trusted again.
inline constexpr Duration kProbation = 3s;
// Voiced audio older than 1.8 s without words: the page says "Captions delayed". The lag also counts the 0.2 s of
// silence that a recogniser leaves undecided before a voice.
inline constexpr Duration kCaptionsDelayedAfter = 2s;
// Said until the lag stayed below this for 3 s. Not lower: a recogniser that keeps up says something new each 0.8 s
// (words) or 1.1 s (silence) and needs up to 0.4 s for it, so the lag of healthy captions swings up to 1.3 s.
inline constexpr Duration kCaptionsCaughtUp = 1400ms;
inline constexpr Duration kCaptionsCalm = 3s;
// Terms that a recogniser is told to expect, and the bytes of one: more of them find less, for each raises what it
// begins with; Deepgram takes as many.
inline constexpr std::size_t kKeytermsMax = 100, kKeytermBytesMax = 64;
// An ended call waits this long for the next decision of its recogniser; what is pending then becomes a gap.
inline constexpr Duration kFinishTimeout = 15s;

// --- what waits, of all connections and calls ---
// Messages under way, packets ahead of their time, events for the store. Audio has its ring and counts apart.
inline constexpr std::size_t kWaitingBytesMax = 256u * 1024 * 1024;
// Of one call: 8 MiB are an hour of events while the store is down.
inline constexpr std::size_t kWaitingOfCallMax = 8u * 1024 * 1024;

// --- transcript ---
// A final whose last digits may be the beginning of a card number waits this long for the rest: people read a card in
// four groups with pauses of a second or two, and the one who writes says each group once more.
inline constexpr Duration kCardHold = 8s;
// What the queues of all calls hold: events that wait for the store, packets ahead of a hole. Beyond it: alarm, then
// gap.
inline constexpr std::size_t kUnpersistedBytesMax = 64u * 1024 * 1024;
inline constexpr Duration kStoreRetryMin = 50ms;
inline constexpr Duration kStoreRetryMax = 5s;
// Who owns a part of a call renews his lease three times in this; another process takes over when it has run out.
inline constexpr Duration kLease = 3s;
// What the bus did not tell is found in the log after this: now and then, and while the bus is known to fail.
inline constexpr Duration kLook = 3s, kLookInTrouble = 300ms;
// The page must say "Not saved" within 2 s of a failing store; we say it after this.
inline constexpr Duration kNotSavedAfter = 1s;

// --- orchestrator, inference ---
// Words that were said with less probability than kSureWord, as the recogniser knows it, are marked by the page
// (select.ts); those below kTrustedWord bring no cue, no tick and no answer (ADR 0021).
inline constexpr double kSureWord = 0.5, kTrustedWord = 0.3;
// A graph that is not done by then is dropped and counted: its cue would come after its moment.
inline constexpr Duration kGraphDeadline = 1500ms;
inline constexpr std::size_t kShardQueueMax = 256;  // requests that wait, of calls; as many in the background
// Questions by hand that wait, of all calls: an answer takes some 5 ms, and nobody waits longer for it than a second.
inline constexpr std::size_t kAsksWaitingMax = 8;
// What the policies in force for one call may cost a final at worst, judged before they come into force: comparisons
// of meaning take some 0.2 us each and phrases some 10 us, for each of about six stretches of words: below 100 ms.
inline constexpr std::size_t kPolicyExamplesMax = 20'000;
inline constexpr std::size_t kPolicyPhrasesMax = 1'500;

// --- knowledge ---
// One file, and all of a tenant: beyond it a file is a dump of a wiki, in which nothing is found well.
inline constexpr std::size_t kArticleBytesMax = 5u * 1024 * 1024;
// Each needs vectors of its own, a millisecond and 3 kB: 5,000 are some 300 pages.
inline constexpr std::size_t kArticleSentencesMax = 5000;
inline constexpr std::size_t kKnowledgeBytesMax = 32u * 1024 * 1024;
// The words of a PDF with their places, some 15 times its text.
inline constexpr std::size_t kPdfLayoutBytesMax = 64u * 1024 * 1024;
// What an agent types into the ask-box: one sentence; the encoder reads no more than 256 word pieces.
inline constexpr std::size_t kQuestionBytesMax = 500;
// Why an item is ticked by hand: a sentence in the call's log.
inline constexpr std::ptrdiff_t kReasonLengthMax = 200;
// An exact scan of this many passages stays below a millisecond.
inline constexpr std::size_t kPassagesMax = 20'000;

// --- what is taken back ---
// Words that were taken back are looked for this long in what comes after: a graph may run for 1.5 s, what it brings
// waits for the store, and a cue waits for its turn as long as it is fresh.
inline constexpr Duration kTakenBackWatch = 10s;
// Words and ranges of one request.
inline constexpr std::size_t kTakenBackSpansMax = 100;

// --- folders of tenants ---
// Files and folders below one: a tenant's articles and rules are thousands; beyond it somebody pointed us at a disk.
inline constexpr std::size_t kFolderEntriesMax = 50'000;
// A file of rules, questions, settings or a written call, and a line of it or of training: people write kilobytes, and
// YAML takes some hundred times its bytes in memory.
inline constexpr std::size_t kSettingsBytesMax = 1024 * 1024;
inline constexpr std::size_t kLineBytesMax = 64 * 1024;
// Lines to train intents from: a million utterances.
inline constexpr std::size_t kTrainingBytesMax = 64u * 1024 * 1024;
// A model of `sotto train intents`: 150 intents take a few MiB.
inline constexpr std::size_t kTrainedBytesMax = 256u * 1024 * 1024;
// What is said at once, as an example or phrase of a rule, a line of a written call or a question: the encoder reads no
// more than 256 word pieces.
inline constexpr std::size_t kSpokenBytesMax = 1000;
// A pattern, and any other text in a rule.
inline constexpr std::size_t kPolicyTextBytesMax = 4000;

// --- delivery ---
inline constexpr Duration kBeat = 500ms;
inline constexpr Duration kPartialInterval = 500ms;
// Events kept in memory of a live call so that a subscriber can resume by delta; further back it gets a snapshot.
inline constexpr std::size_t kResumeEventsMax = 2000;
// Messages waiting for one slow subscriber; beyond it the queue is replaced by one snapshot.
inline constexpr std::size_t kSubscriberQueueMax = 256;
inline constexpr Duration kTicketLifetime = 30s;
// Demo calls played at once: each is a whole call with its audio in memory.
inline constexpr std::size_t kDemosMax = 4;
inline constexpr std::size_t kSubscribersMax = 2048;
inline constexpr std::size_t kCallsMax = 512;
// A stopping server waits this long for its sockets to close, then drops them.
inline constexpr Duration kStopGrace = 1s;

// --- webhooks ---
// One try: looking the name up, TLS and the answer. Who needs longer answers 202 and works afterwards.
inline constexpr Duration kWebhookTry = 10s;
// Back-off: 1 s, four times as long with each try, at most 1 h. Ten tries take 1 h 40 min to 3 h 25 min: longer than a
// deployment or a maintenance window; what is down longer is looked at by people, and the news is old.
inline constexpr Duration kWebhookRetryMin = 1s;
inline constexpr int kWebhookRetryFactor = 4;
inline constexpr Duration kWebhookRetryMax = 3600s;
inline constexpr int kWebhookTriesMax = 10;
// Posts to one receiver at a time: enough for 40 a second at an answer in 100 ms, few enough for a small receiver.
inline constexpr std::size_t kWebhookPostsMax = 4;
// Requests in memory for one receiver, some 200 bytes each; what is beyond it waits in the log.
inline constexpr std::size_t kWebhookWaitingMax = 1000;
// The store is asked for new requests this often: one look at an index, some 20 us.
inline constexpr Duration kWebhookPoll = 250ms;
// A stopping server lets posts under way end for this long; they are sent again after the next start otherwise.
inline constexpr Duration kWebhookStopGrace = 2s;
// What is read of an answer: only its head counts.
inline constexpr std::size_t kWebhookAnswerBytesMax = 64 * 1024;

// --- recognition for other machines (/v1/listen) ---
// One binary frame: 131 s of mu-law, which the engine's 240 s of undecided audio takes beside 30 s of backlog.
inline constexpr std::size_t kListenFrameBytesMax = 1024 * 1024;
// A stopping server lets open connections have what is left of their audio for this long.
inline constexpr Duration kListenDrain = 5s;

}  // namespace sotto::limits
