// The server's side of one /v1/listen connection: audio and client messages in, what recognisers hear turned into
// server messages. Sans-I/O: sockets, clocks, decoding of the audio and the choice of the recogniser are the owner's.
//
//  * One recogniser stream a channel. Final Results tile the time of a channel from 0 without hole or overlap; silence
//    is a final with an empty transcript, about one a second.
//  * `speech_final`: a pause ended the utterance. Where a cut of continuous speech fell into the pause, the silence
//    behind it carries the mark. Never with endpointing=false.
//  * Finalize: what was pushed is decided; exactly one Results with from_finalize, the last of them, answers it.
//  * CloseStream, and end(): what is left, then Metadata, then the close.
// Bound: audio that waits for the end of a Finalize, and what the recogniser has not decided: backlog() tells, and the
// owner stops reading its socket. Times are samples at 16 kHz inside, seconds outside. Confined to the owner's loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "adapters/deepgram/protocol.h"
#include "base/clock.h"
#include "ports/recognizer.h"

namespace sotto::deepgram {

// No audio or text for this long, or no audio at all since the opening: the connection is closed (as the service does).
inline constexpr Duration kSilentClientAfter = 10s;
// A recogniser that has audio and says nothing for this long is as good as lost.
inline constexpr Duration kStuckAfter = 20s;
// How long the end of a stream may take after the recogniser's last word.
inline constexpr Duration kEndTimeout = 15s;

// Undecided samples of a channel from which on the owner should read no more audio: 30 s.
inline constexpr std::int64_t kBacklogMax = 30 * 16'000;

class ListenServer {
 public:
  struct Parts {
    // The recogniser's events come back through the sink later, never inside a call.
    std::function<std::unique_ptr<RecognizerStream>(int channel, std::function<void(SpeechEvent)> sink)> open;
    std::function<void(ServerMessage)> send;
    // Called once; nothing is sent afterwards.
    std::function<void(int code, std::string reason)> close;
    // The last message of a connection; asked for when all audio is decided.
    std::function<Metadata()> metadata;
    std::string model{};  // what results say of who recognised
  };

  // `channels`: transcripts to give, 1 without multichannel.
  ListenServer(ListenQuery query, int channels, std::string request_id, Parts parts, Time now);
  ~ListenServer();
  ListenServer(ListenServer const&) = delete;
  ListenServer& operator=(ListenServer const&) = delete;

  // Mono, 16 kHz, [-1, 1]; goes on where the channel's last audio ended.
  void on_audio(int channel, std::span<float const> samples, Time now);
  void on_message(ClientMessage const& message, Time now);
  // Text that is no known message: a sign of life, nothing else.
  void on_unknown(Time now) { heard_at_ = now; }
  void tick(Time now);
  // Decides what was pushed, tells it, then closes with `code`. A second call changes nothing.
  void end(int code, std::string reason, Time now);
  // Closes at once.
  void abort(int code, std::string reason);

  // The most undecided samples of a channel.
  std::int64_t backlog() const;
  bool closed() const { return closed_; }
  // No more audio is taken.
  bool ending() const { return closed_ || ending_; }

 private:
  struct Channel {
    int number = 0;
    std::unique_ptr<RecognizerStream> stream;  // null: opened by the next audio
    std::int64_t pushed = 0;                   // end of the audio received
    std::int64_t decided = 0;                  // everything before is told or in `silent`
    std::int64_t silent_from = 0;              // [silent_from, decided): silence that is not told yet
    // The stream was told to finish; audio that comes meanwhile waits.
    bool finishing = false;
    std::vector<float> waiting;
    int finalizes = 0;            // asked for, not answered: the first one by the stream that finishes
    std::optional<Results> held;  // the newest result of the first Finalize: perhaps its last
    // The utterance in progress.
    bool started = false;       // SpeechStarted was told
    bool awaits_final = false;  // words were told, their speech_final was not
    bool awaits_end = false;    // words were told, their UtteranceEnd was not
    std::int64_t word_end = 0;
    std::int64_t waiting_for = 0;  // undecided audio that was answered with an empty interim up to here
  };

  void push(Channel& channel, std::span<float const> samples);
  void finish(Channel& channel);
  void on_event(Channel& channel, SpeechEvent event);
  void on_partial(Channel& channel, SpeechPartial const& partial);
  void on_final(Channel& channel, SpeechFinal const& final);
  void on_silent(Channel& channel, SpeechSilent const& silent);
  void on_finished(Channel& channel);
  void on_words(Channel& channel, std::vector<RecognizedWord> const& words);
  bool silence_ends(Channel const& channel) const;
  void answer_waiting(Channel& channel);
  void tell_silence(Channel& channel);
  void tell(Channel& channel, Results results);
  void check_utterance_end(Channel& channel);
  void check_end();
  Results results(Channel const& channel, std::int64_t from, std::int64_t to) const;
  void put_words(Results& results, std::string const& text, std::vector<RecognizedWord> const& words) const;

  // Given.
  ListenQuery const query_;
  std::string const request_id_;
  Parts const parts_;
  Time const opened_at_;
  // State.
  std::vector<Channel> channels_;
  bool has_audio_ = false;
  Time heard_at_;   // from the client
  Time spoken_at_;  // by a recogniser, or nothing to say then
  bool spoken_ = false;
  struct Ending {
    int code = 0;
    std::string reason;
    Time deadline;
  };
  std::optional<Ending> ending_;
  bool closed_ = false;
};

// "Isn't," -> "isn't": what `word` holds beside `punctuated_word`. Text without a letter or digit stays as it is.
std::string bare_word(std::string_view text);

}  // namespace sotto::deepgram
