"""Looking: each probe returns facts and judges nothing. What may hang does so in a thread of its own."""
