"""The business licence (营业执照): the second item of 证照更新, independent of the certificate's."""
