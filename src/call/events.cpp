#include "call/events.h"

namespace sotto {

EventBody::EventBody(EventBody const& other) = default;
EventBody::EventBody(EventBody&& other) noexcept = default;
EventBody& EventBody::operator=(EventBody const& other) = default;
EventBody& EventBody::operator=(EventBody&& other) noexcept = default;
EventBody::~EventBody() = default;

std::optional<Firing> firing_of(Event const& event) {
  return std::visit(
      []<class Body>(Body const& body) -> std::optional<Firing> {
        if constexpr (std::is_same_v<Body, Tick>) {
          if (body.because) return Firing{body.policy, *body.because};
        } else if constexpr (requires { Firing{body.policy, body.because}; }) {
          return Firing{body.policy, body.because};
        }
        return std::nullopt;
      },
      event.body);
}

}  // namespace sotto
