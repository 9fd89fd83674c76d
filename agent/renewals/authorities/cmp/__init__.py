"""Enrolment by CMP (RFC 4210, RFC 9480), in the lightweight profile of RFC 9483, with p10cr."""
