#include "api/recorded_access.h"

#include <memory>
#include <utility>

namespace sotto::app {

namespace {

constexpr auto kSame = std::chrono::minutes(10);
constexpr std::size_t kKnownMax = 20'000;

net::HttpResponse refused(Error const& error) {
  return net::error_response(503, {error.code,
                                   "the access log cannot be written, and without it nothing is shown or "
                                   "changed: " +
                                       error.message});
}

}  // namespace

void RecordedAccess::pass(Access const& access, std::string route, std::string subject, net::HttpRequest const& request,
                          std::function<void(net::HttpRequest const&, Respond)> handle, Respond respond) {
  AccessEntry entry{.at = clock_.now(),
                    .who = request.caller,
                    .peer = request.peer,
                    .permission = std::string(access.name),
                    .request = std::move(route),
                    .subject = std::move(subject),
                    .detail = request.query};
  auto end = [this, entry, respond = std::move(respond),
              changes = access.recorded == Recorded::change](net::HttpResponse response) mutable {
    if (!response.subject.empty()) entry.subject = response.subject;
    entry.at = clock_.now();
    entry.status = response.status;
    if (!changes && is_known(entry)) return respond(std::move(response));
    // What was changed is told though the second entry fails: the first stands, and a client that tried again would
    // change it twice.
    log_.append(entry, [this, entry, respond = std::move(respond), response = std::move(response),
                        changes](Result<void> const& written) {
      if (written && !changes) know(entry);
      respond(written || changes ? response : refused(written.error()));
    });
  };
  if (access.recorded == Recorded::read) return handle(request, std::move(end));
  log_.append(std::move(entry),
              [request = std::make_shared<net::HttpRequest const>(request), handle = std::move(handle),
               end = std::move(end)](Result<void> const& written) mutable {
                if (written) return handle(*request, std::move(end));
                end(refused(written.error()));
              });
}

RecordedAccess::Key RecordedAccess::key_of(AccessEntry const& entry) {
  return {entry.who.name, entry.peer, entry.request, entry.subject, entry.detail};
}

bool RecordedAccess::is_known(AccessEntry const& entry) const {
  auto const known = known_.find(key_of(entry));
  return entry.status == 200 && known != known_.end() && entry.at < known->second;
}

void RecordedAccess::know(AccessEntry const& entry) {
  if (entry.status != 200) return;
  if (known_.size() >= kKnownMax) std::erase_if(known_, [&](auto const& each) { return each.second <= entry.at; });
  if (known_.size() >= kKnownMax) known_.clear();
  known_[key_of(entry)] = entry.at + kSame;
}

}  // namespace sotto::app
