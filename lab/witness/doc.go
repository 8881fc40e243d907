// Package witness watches a fleet of the lab from outside, and says afterwards whether it was upgraded well. It shares no
// code with the product, and asks nobody on the hosts:
//
//   - Service: a relayed DHCPDISCOVER goes to every server ten times a second; the OFFERs are what a client would have got.
//   - Schema: each database's schema_version is read fifty times a second, over a session of the witness's own account
//     ("witness@10.77.X.2", which fleet.yaml allows).
//   - Processes: every Kea process of every host is found through this machine's /proc, a hundred times a second, and known
//     by the content of the program that it runs: a process that began before its file was replaced is the old version.
//
// From these a Report states the outages, and every bad moment: a daemon alive while the schema was not the one that its
// version expects. A process or a schema that lived shorter than the time between two looks can escape; Report.Blind says
// how long the longest such time was.
//
// It imports package lab and its relay, and must never import anything of the product.
package witness
