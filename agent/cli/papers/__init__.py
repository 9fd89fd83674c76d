"""What a person brings to a review: the applicant's data, scans, the letter."""
