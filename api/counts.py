"""What the HTTP side counts of itself, and its Prometheus lines. Pure."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class HttpCounts:
    """Counts since start. Labels are bounded: status codes are the ones that this API gives."""

    responses: Counter[int] = field(default_factory=Counter)
    crashes: int = 0
    streams_open: int = 0
    streams_refused: int = 0
    stream_checks_failed: int = 0

    def exposition(self, *, max_streams: int, sessions: int) -> str:
        """Return the counts as Prometheus text (format 0.0.4)."""
        lines = [
            "# HELP storefloor_http_responses_total Responses begun, by status code.",
            "# TYPE storefloor_http_responses_total counter",
            *(
                f'storefloor_http_responses_total{{status="{status}"}} {count}'
                for status, count in sorted(self.responses.items())
            ),
            "# HELP storefloor_http_crashes_total Requests that ended in an unexpected error.",
            "# TYPE storefloor_http_crashes_total counter",
            f"storefloor_http_crashes_total {self.crashes}",
            "# HELP storefloor_http_streams_open Event streams open now.",
            "# TYPE storefloor_http_streams_open gauge",
            f"storefloor_http_streams_open {self.streams_open}",
            "# HELP storefloor_http_streams_limit Event streams that may be open at once.",
            "# TYPE storefloor_http_streams_limit gauge",
            f"storefloor_http_streams_limit {max_streams}",
            "# HELP storefloor_http_streams_refused_total Event streams refused for want of room.",
            "# TYPE storefloor_http_streams_refused_total counter",
            f"storefloor_http_streams_refused_total {self.streams_refused}",
            "# HELP storefloor_http_stream_checks_failed_total Looks at who follows a stream that could not be taken.",
            "# TYPE storefloor_http_stream_checks_failed_total counter",
            f"storefloor_http_stream_checks_failed_total {self.stream_checks_failed}",
            "# HELP storefloor_http_page_sessions Page sessions signed in now.",
            "# TYPE storefloor_http_page_sessions gauge",
            f"storefloor_http_page_sessions {sessions}",
        ]
        return "\n".join(lines) + "\n"
