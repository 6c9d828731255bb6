#include "adapters/sealed_call/append_rules.h"

#include <fmt/format.h>

namespace sotto {

static std::string_view name(Part part) { return part == Part::speech ? "speech" : "guidance"; }

Result<void> check_opening(Append const& batch) {
  auto const& call = batch.lease.call;
  if (batch.opening->info.id != call || batch.lease.part != Part::speech || batch.batch != 1)
    return fail("conflict", fmt::format("call {} is opened by the first batch of its speech alone", call));
  return {};
}

Result<std::optional<std::int64_t>> admit(Append const& batch, PartState const& part) {
  auto const& lease = batch.lease;
  auto const fence = batch.opening ? 1 : lease.fence;
  if (part.fence != fence)
    return fail("fenced", fmt::format("the {} of call {} is at fence {}, this is {}", name(lease.part), lease.call,
                                      part.fence, fence));
  if (part.batch == batch.batch) return part.first;
  if (part.batch + 1 != batch.batch || part.done)
    return fail("conflict", fmt::format("the {} of call {} {} batch {}, this is {}", name(lease.part), lease.call,
                                        part.done ? "is done with" : "is at", part.batch, batch.batch));
  return std::nullopt;
}

Result<PartState> part_after(Append const& batch, PartState part, std::int64_t first, std::int64_t last) {
  auto const consumed = batch.consumed.value_or(part.consumed);
  if (consumed < part.consumed || consumed > last)
    return fail("conflict", fmt::format("call {} has consumed {} of {} events, not {}", batch.lease.call, part.consumed,
                                        last, consumed));
  return PartState{.fence = part.fence, .batch = batch.batch, .first = first, .consumed = consumed, .done = batch.done};
}

}  // namespace sotto
