"""The reviewer's page: applications, their dossiers and signatures, approval and remarks.

Plain HTML without a single script, on an address of its own on the loopback interface.
"""
