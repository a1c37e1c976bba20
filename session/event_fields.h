// The names of an event's fields in the log, for those that write them and those that read them.
#pragma once

#include "session/event.h"

namespace jvpn {

// One member, named by what it is in an event of this type.
struct EventFieldNames {
  const char* previous_state = "previous_state";
  const char* previous_transport = "previous_transport";
  const char* transport = "transport_id";
  const char* candidate_count = "candidate_count";
  const char* total = "total";
};
EventFieldNames FieldNames(EventType type);

// The plain numbers, in the order of the log: field(name, member) for each.
template <typename AnEvent, typename Field>
void ForEachTime(AnEvent& event, Field&& field) {
  field("switch_count_window", event.switch_count_window);
  field("retry_after_ms", event.retry_after_ms);
  field("recovery_deadline_ms", event.recovery_deadline_ms);
  field("detected_ms", event.detected_ms);
  field("decided_ms", event.decided_ms);
  field("downtime_ms", event.downtime_ms);
}

template <typename AnEvent, typename Field>
void ForEachAge(AnEvent& event, Field&& field) {
  field("session_age_ms", event.session_age_ms);
  field("transportless_age_ms", event.transportless_age_ms);
  field("remaining_ms", event.remaining_ms);
}

template <typename AnEvent, typename Field>
void ForEachLost(AnEvent& event, Field&& field) {
  field("first_lost_state_version", event.first_lost);
  field("last_lost_state_version", event.last_lost);
  field("first_lost_seq", event.first_lost_seq);
  field("last_lost_seq", event.last_lost_seq);
}

}  // namespace jvpn
